import { describe, expect, it } from 'vitest';
import { Decimal } from './decimal.js';
import { greetingName } from './greeting.name.js';
import { chooseLocale, formattingLocale } from './locale.choice.js';
import { parseMailAddress } from './mail-address.format.js';
import { replyLink } from './reply.link.js';
import { siteColours } from './site.colours.js';
import { timeInWords } from './time.format.js';

describe('a name to greet by', () => {
  it.each(['Jane Roe', 'Dr. María-José O’Neill', '  Jean   Paul ', '李小龍', 'von der Heide, Anna'])('takes %j', (name) => {
    expect(greetingName(name)).toBe(name.replace(/\s+/g, ' ').trim());
  });

  it.each([undefined, '', '  ', 'http://x.example', 'visit spam.example', 'call 0900123', 'WIN $$$', '<b>', 'a'.repeat(61), '🎁 Jane', 'me@x.example'])('refuses %j', (name) => {
    expect(greetingName(name)).toBeUndefined();
  });
});

describe('a language', () => {
  const available = new Set(['en', 'de', 'pt-br']);

  it('is the first wish that is available, a region being served by its language', () => {
    expect(chooseLocale([undefined, 'de-CH'], available)).toBe('de');
    expect(chooseLocale(['pt-BR', 'de'], available)).toBe('pt-br');
    expect(chooseLocale(['pt', 'DE'], available)).toBe('de');
    expect(chooseLocale(['xx'], available)).toBe('en');
  });

  it('formats as in the region of the reader, where it is a region of that language', () => {
    expect(formattingLocale('de', ['en-GB', 'de-AT'])).toBe('de-AT');
    expect(formattingLocale('en', ['fr-FR'])).toBe('en');
  });
});

describe('an amount', () => {
  it('is multiplied exactly', () => {
    expect(Decimal.of('0.1').times(Decimal.of(3)).toString()).toBe('0.3');
    expect(Decimal.of('333333333333.33').times(Decimal.of('3.0001')).toString()).toBe('1000033333333.323333');
    expect(Decimal.of(1e-7).toString()).toBe('0.0000001');
    expect(Decimal.of(1e21).toString()).toBe('1000000000000000000000');
  });

  it.each(['-1', '1,5', 'NaN', ''])('refuses %j', (value) => {
    expect(() => Decimal.of(value)).toThrow(RangeError);
  });
});

describe('a time in words', () => {
  it('is told in the appointment’s own zone, not in the machine’s', () => {
    expect(timeInWords('2026-03-25T09:00:00Z', '2026-03-25T10:00:00Z', 'Europe/Berlin', 'de')).toEqual({
      day: 'Mittwoch, 25. März 2026', hours: '10:00–11:00 Uhr', zone: 'Mitteleuropäische Zeit',
    });
    expect(timeInWords('2026-07-01T13:00:00Z', '2026-07-01T14:30:00Z', 'America/New_York', 'en-GB')).toMatchObject({ day: 'Wednesday, 1 July 2026', hours: '09:00–10:30' });
  });

  it('says which clock it means in the night when the clock is changed', () => {
    expect(timeInWords('2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z', 'Europe/Berlin', 'en-GB').hours).toBe('02:30 CEST – 02:30 CET');
  });

  it('names both days where there are two', () => {
    expect(timeInWords('2026-11-22T22:00:00Z', '2026-11-23T02:00:00Z', 'UTC', 'de').day).toMatch(/22\..*23\./);
  });
});

it('reads a sender with and without a name, and nothing else', () => {
  expect(parseMailAddress('hello@acme.example')).toEqual({ address: 'hello@acme.example' });
  expect(parseMailAddress('"Acme, Inc." <hello@acme.example>')).toEqual({ address: 'hello@acme.example', name: 'Acme, Inc.' });
  for (const wrong of ['acme', 'a@b.example, c@d.example', 'A <a@b.example>\r\nBcc: x@y.example', '<>']) expect(parseMailAddress(wrong)).toBeUndefined();
});

it('keeps an accent readable on light and on dark ground', () => {
  expect(siteColours('#1f6f54').onAccent).toBe('#ffffff');
  expect(siteColours('#f2c94c').onAccent).toBe('#111318');
  expect(siteColours('#f2c94c').accentOnLight).not.toBe('#f2c94c');
  expect(siteColours('#1f6f54').accentOnLight).toBe('#1f6f54');
  expect(siteColours('#000000').accentOnDark).not.toBe('#000000');
});

it('lets no address add a header to the answer', () => {
  expect(replyLink('jane+x@example.com')).toBe('mailto:jane%2Bx@example.com');
  expect(replyLink('a?bcc=victim@example.com')).not.toContain('?');
});
