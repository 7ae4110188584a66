import { describe, expect, it } from 'vitest';
import { DrillOptionsError, HELP, parseDrillOptions } from './drill.options.js';

describe('the options of the drill', () => {
  it('are a minute at 50 events a second unless told', () => {
    expect(parseDrillOptions([], '/here')).toMatchObject({ seconds: 60, rate: 50, without: [], json: false, keep: false, report: '/here/posthorn-drill.html' });
  });

  it('are taken as they are given', () => {
    const args = ['--seconds', '600', '--rate', '200', '--seed', '42', '--json', '--report', 'storm.html', '--without', 'wipe,rollback'];
    expect(parseDrillOptions(args, '/here')).toMatchObject({ seconds: 600, rate: 200, seed: 42, json: true, report: '/here/storm.html', without: ['wipe', 'rollback'] });
  });

  it.each([[['--seconds', '1']], [['--rate', 'fast']], [['--seed', '-1']], [['--without', 'rain']], [['--storm']], [['now']]])('names the mistake in %j', (args) => {
    expect(() => parseDrillOptions(args)).toThrow(DrillOptionsError);
  });

  it('are all explained by --help', () => {
    for (const option of ['--seconds', '--rate', '--seed', '--without', '--report', '--json', '--keep']) expect(HELP).toContain(option);
  });
});
