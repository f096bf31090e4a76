/** A bucket, as the fields of a form say it. */
export interface Bucket {
  bucket: string;
  prefix: string;
  region: string;
  endpoint: string;
}

export const NO_BUCKET: Bucket = { bucket: '', prefix: '', region: '', endpoint: '' };

const S3 = /^s3:\/\/([^/?]*)\/?([^?]*)(?:\?(.*))?$/;

/** `s3://bucket/prefix?region=…&endpoint=…`. */
export function placeOf(bucket: Bucket): string {
  const prefix = bucket.prefix.trim().replaceAll(/^\/+|\/+$/g, '');
  const rest = (['region', 'endpoint'] as const)
    .map((key) => [key, bucket[key].trim()] as const)
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `${key}=${value}`);
  const path = prefix === '' ? '' : `/${prefix}`;
  const query = rest.length === 0 ? '' : `?${rest.join('&')}`;
  return `s3://${bucket.bucket.trim()}${path}${query}`;
}

/** The fields of a bucket's place; `null` where it is a folder. */
export function bucketOf(place: string): Bucket | null {
  const found = S3.exec(place);
  if (!found) return null;
  const [, bucket = '', prefix = '', query = ''] = found;
  const said = new Map(
    query.split('&').map((pair) => {
      const [key = '', ...value] = pair.split('=');
      return [key, value.join('=')];
    }),
  );
  return { bucket, prefix, region: said.get('region') ?? '', endpoint: said.get('endpoint') ?? '' };
}

/** A bucket's place without what says how it is reached; a folder as it is. */
export function shortPlace(place: string): string {
  return place.split('?')[0] ?? place;
}
