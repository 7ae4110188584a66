/** Begins with the time, so that ids sort by age; 128 random bits follow. Unlike randomUUID it needs no TLS. */
export function newId(): string {
  const random = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0'));
  return `${Date.now().toString(36)}-${random.join('')}`;
}
