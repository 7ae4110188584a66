/** What orders the deliveries about one person. The engine keeps only a digest of it, so it does not outlive an erasure. */
export function personKey(email: string): string {
  return email.trim().toLowerCase();
}
