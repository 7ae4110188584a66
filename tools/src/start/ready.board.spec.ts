import { describe, expect, it } from 'vitest';
import { readyLine, renderBoard } from './ready.board.js';

const stack = {
  urls: { website: 'http://127.0.0.1:1', ingress: 'http://127.0.0.1:2', audit: 'http://127.0.0.1:3', console: 'http://127.0.0.1:4', sandbox: 'http://127.0.0.1:1' },
  keys: { site: 'ph_sk_site', auditor: 'ph_ak_auditor', operator: 'ph_ok_operator' },
  home: '/work-dir/.posthorn',
};

describe('renderBoard', () => {
  it('shows links, keys and a command that can be pasted, without colour codes elsewhere than on a terminal', () => {
    const board = renderBoard(stack, { color: false, tookMs: 4_321, cwd: '/work-dir' });
    for (const part of ['after 4.3 s', 'http://127.0.0.1:1/inbox', 'http://127.0.0.1:3/v1/entries', 'ph_ak_auditor', 'http://127.0.0.1:4/v1/connections', 'ph_ok_operator', "Bearer ph_sk_site'", '.posthorn/']) {
      expect(board).toContain(part);
    }
    expect(board).not.toContain('\x1b');
    expect(renderBoard(stack, { color: true, tookMs: 1, cwd: '/' })).toContain('\x1b');
  });
});

describe('readyLine', () => {
  it('is one line of JSON', () => {
    expect(readyLine(stack)).not.toContain('\n');
    expect(JSON.parse(readyLine(stack))).toEqual({ ready: true, urls: stack.urls, keys: stack.keys });
  });
});
