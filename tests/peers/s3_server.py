"""An S3 server on this machine, with one bucket, one key that may use it and one that may not.

Prints one line of JSON when it is ready, and ends with its standard input.
"""

import json
import os
import sys

# Until so many calls nobody is asked who they are: what is made below.
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "6"
os.environ["AWS_DEFAULT_REGION"] = "us-east-1"

import boto3  # noqa: E402
from botocore.config import Config  # noqa: E402
from botocore.exceptions import ClientError  # noqa: E402
from moto.server import ThreadedMotoServer  # noqa: E402

BUCKET = "team"


def client(service, endpoint, key):
    return boto3.client(
        service,
        endpoint_url=endpoint,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        config=Config(retries={"max_attempts": 1}),
    )


def main():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    nobody = {"AccessKeyId": "setup", "SecretAccessKey": "setup"}
    iam = client("iam", endpoint, nobody)
    keys = {}
    for name in ("reader", "stranger"):
        iam.create_user(UserName=name)
        keys[name] = iam.create_access_key(UserName=name)["AccessKey"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
    }
    iam.put_user_policy(
        UserName="reader", PolicyName="s3", PolicyDocument=json.dumps(policy)
    )
    client("s3", endpoint, nobody).create_bucket(Bucket=BUCKET)

    s3 = client("s3", endpoint, keys["reader"])
    s3.put_object(Bucket=BUCKET, Key="once", Body=b"1", IfNoneMatch="*")
    try:
        s3.put_object(Bucket=BUCKET, Key="once", Body=b"2", IfNoneMatch="*")
        sys.exit("a second conditional create was let through")
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status != 412:
            sys.exit(f"a second conditional create got {status}")
    try:
        client("s3", endpoint, keys["stranger"]).list_objects_v2(Bucket=BUCKET)
        sys.exit("a key without a right was let in")
    except ClientError:
        pass
    ready = {
        "endpoint": endpoint,
        "bucket": BUCKET,
        "conditional_create": 412,
        "keys": {
            name: [key["AccessKeyId"], key["SecretAccessKey"]]
            for name, key in keys.items()
        },
    }
    print(json.dumps(ready), flush=True)
    sys.stdin.read()
    server.stop()


main()
