/** A link that opens an answer in the reader's mail program. */
export function replyLink(address: string): string {
  // The address is data: `?` in it must not become a header of the new mail.
  return `mailto:${encodeURIComponent(address).replaceAll('%40', '@')}`;
}
