import { describe, expect, it } from 'vitest';
import { helpOf, parseProveOptions, ProveOptionsError } from './prove.options.js';
import { type Proof } from './proof.js';
import { PROOFS } from './proofs.js';

const crash: Proof = { about: 'kills', options: { times: { about: 'how often', default: 200, least: 1, most: 1_000 } }, run: () => Promise.reject(new Error('not here')) };
const proofs = { crash };

describe('parseProveOptions', () => {
  it('takes the defaults of the proof', () => {
    expect(parseProveOptions(['crash'], proofs)).toEqual({ name: 'crash', values: { times: 200 }, json: false, help: false });
  });

  it('takes what is given', () => {
    expect(parseProveOptions(['crash', '--times', '7', '--json'], proofs)).toMatchObject({ values: { times: 7 }, json: true });
  });

  it('shows the help without a proof, and when asked', () => {
    expect(parseProveOptions([], proofs).help).toBe(true);
    expect(parseProveOptions(['crash', '--help'], proofs).help).toBe(true);
  });

  it.each([
    [['crsh'], /no proof "crsh"; there are crash/],
    [['crash', '--times', '0'], /--times must be a whole number from 1 to 1000, not "0"/],
    [['crash', '--times', 'many'], /not "many"/],
    [['crash', '--minutes', '3'], /minutes/],
    [['crash', 'crash'], /One proof at a time/],
  ])('refuses %j', (args, message) => {
    expect(() => parseProveOptions(args, proofs)).toThrow(ProveOptionsError);
    expect(() => parseProveOptions(args, proofs)).toThrow(message);
  });
});

describe('the help', () => {
  it('names every proof and its options', () => {
    const help = helpOf(PROOFS);
    for (const [name, { options }] of Object.entries<Proof>(PROOFS)) {
      expect(help).toContain(name);
      for (const option of Object.keys(options)) expect(help).toContain(`--${option} N`);
    }
  });
});
