/** Standard base64, in its one right spelling; undefined for any other. Node itself overlooks stray bits and characters. */
export function exactBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
