import { describe, expect, it } from 'vitest';
import type { EntryView } from '../questions/entry.view.js';
import { streamSettings } from './stream.settings.js';
import { syslogMessageOf } from './syslog.message.js';

const CA = '-----BEGIN CERTIFICATE-----\n…';

describe('the settings of a stream', () => {
  it('are masked, of everything, and once a second unless told otherwise', () => {
    expect(streamSettings.parse({ id: 'siem', to: 'https://siem.example/in' })).toMatchObject({ personalData: false, everyMs: 1_000, guard: { deadlineMs: 10_000 } });
    expect(streamSettings.parse({ id: 'siem', to: 'syslog+tls://siem.example:6514', ca: CA, kinds: ['access'] })).toMatchObject({ kinds: ['access'] });
  });

  it.each<[string, object, RegExp]>([
    ['an address without encryption', { to: 'http://siem.example/in' }, /must begin with https/],
    ['syslog without TLS', { to: 'syslog://siem.example' }, /must begin with https/],
    ['a token for syslog, which knows none', { to: 'syslog+tls://siem.example', token: 't' }, /for https:\/\/ alone/],
    ['a CA for HTTPS', { to: 'https://siem.example', ca: CA }, /NODE_EXTRA_CA_CERTS/],
    ['the path of a CA in place of its content', { to: 'syslog+tls://siem.example', ca: '/etc/ca.pem' }, /must be certificates in PEM/],
    ['a name that is none', { id: 'My SIEM', to: 'https://siem.example' }, /must be a name/],
    ['what nobody knows', { to: 'https://siem.example', site: 'acme' }, /site/],
  ])('refuse %s', (_, settings, words) => {
    expect(streamSettings.safeParse({ id: 'siem', ...settings }).error?.message).toMatch(words);
  });
});

describe('a message of syslog', () => {
  it('is ASCII behind its length in octets, and the same JSON', () => {
    const entry = { position: 7, kind: 'event', recordedAt: '2026-11-23T10:00:00.000Z', data: { message: 'Grüße 🎻' } } as unknown as EntryView;
    const [, length, message = ''] = /^(\d+) (.*)$/.exec(syslogMessageOf(entry, 'acme.example/audit')) ?? [];
    expect([Number(length), message]).toEqual([Buffer.byteLength(message), expect.stringMatching(/^<110>1 2026-11-23T10:00:00\.000Z acme\.example\/audit posthorn-audit - event - \{[\x20-\x7e]*\}$/)]);
    expect(JSON.parse(message.slice(message.indexOf('{')))).toEqual(entry);
  });
});
