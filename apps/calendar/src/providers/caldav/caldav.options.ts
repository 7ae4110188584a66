import { z } from 'zod';

export const calDavOptions = z.strictObject({
  /** The calendar itself (a collection), as a calendar program shows it: not the server's front page. */
  url: z.url({ protocol: /^https?$/ }),
  username: z.string().min(1),
  /** An app password where the provider offers them. */
  password: z.string().min(1),
  /** What an entry is called when whoever it was for has been forgotten: it still takes its time. */
  erasedTitle: z.string().min(1).max(100).default('Erased'),
  requestTimeoutMs: z.int().min(100).max(60_000).default(8_000),
});

export type CalDavOptions = z.infer<typeof calDavOptions>;
