import { isTrustworthyUrl } from '@posthorn/http';
import { z } from 'zod';

const scorer = z.strictObject({
  /** Gets a POST of every submission, and answers `{"score": 0 … 1}`. */
  url: z.string().refine(isTrustworthyUrl, 'must begin with https: (or be on this machine)'),
  /** Sent as a bearer token. */
  token: z.string().min(1).optional(),
  timeoutMs: z.int().min(50).max(5_000).default(800),
  holdFrom: z.number().min(0).max(1).default(0.8),
});

/** Of a site or of one form. Without this section nothing is held. */
export const spamSettings = z.strictObject({
  /** The field that people do not see; whoever fills it in is a program. */
  honeypot: z.string().min(1).max(200).optional(),
  /** Between opening the form and sending it, where a token tells. */
  minSeconds: z.number().min(0).max(600).default(3),
  /** Whether a form without a token is suspicious: then it cannot be sent without a script. */
  requireToken: z.boolean().default(false),
  /** Whether a form without a solved challenge is. */
  requireChallenge: z.boolean().default(false),
  /** Iterations of one try at a challenge; 256 tries are needed on average. */
  challengeWork: z.int().min(100).max(100_000).default(1_000),
  maxLinks: z.int().min(0).max(1_000).default(10),
  /** That no visitor of this site would write, in any case. */
  words: z.array(z.string().min(2).max(100)).max(1_000).default([]),
  scorer: scorer.optional(),
});

export type SpamSettings = z.infer<typeof spamSettings>;
export type ScorerSettings = z.infer<typeof scorer>;

export const SPAM_SETTINGS = Symbol('SPAM_SETTINGS');

/** By site, for events that scripts in browsers send. */
export type SpamSettingsOfSites = ReadonlyMap<string, SpamSettings>;
