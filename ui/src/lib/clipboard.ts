/** Puts text that is not secret on the clipboard. Whether that went well. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // A web view without leave to do that, or without a clipboard.
    return false;
  }
}
