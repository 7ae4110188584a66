import { describe, expect, it } from 'vitest';
import { BENCHMARKS, DEFAULT_SECONDS, HELP, OptionsError, parseBenchOptions } from './bench.options.js';

describe('npm run bench', () => {
  it('measures everything but what takes long, unless told what', () => {
    expect(parseBenchOptions([])).toEqual({ names: BENCHMARKS.filter((name) => name !== 'growth' && name !== 'log'), seconds: DEFAULT_SECONDS, against: undefined, json: false, help: false });
  });

  it('measures what is named, once and in the order of the report', () => {
    expect(parseBenchOptions(['latency', 'accepting', 'latency', '--seconds', '10', '--json'])).toEqual({
      names: ['accepting', 'latency'],
      seconds: 10,
      against: undefined,
      json: true,
      help: false,
    });
  });

  it('compares with a commit, and measures nothing else unless it is named', () => {
    expect(parseBenchOptions(['--against', 'HEAD~1'])).toMatchObject({ names: [], against: 'HEAD~1' });
    expect(parseBenchOptions(['ways', '--against', 'v1.0.0'])).toMatchObject({ names: ['ways'], against: 'v1.0.0' });
  });

  it.each([
    [['speed'], /no benchmark speed; there are accepting, batches/],
    [['--seconds', 'ten'], /--seconds must be a whole number from 3 to 300, not "ten"/],
    [['--seconds', '2'], /not "2"/],
    [['--seconds', '301'], /not "301"/],
    [['--seconds', '1e1'], /not "1e1"/],
    [['--second', '10'], /--second/],
  ])('says what is wrong with %j and where help is', (args, message) => {
    expect(() => parseBenchOptions(args)).toThrow(OptionsError);
    expect(() => parseBenchOptions(args)).toThrow(message);
    expect(() => parseBenchOptions(args)).toThrow(/--help/);
  });

  it('describes every benchmark in its help', () => {
    for (const name of BENCHMARKS) expect(HELP).toContain(`  ${name} `);
  });
});
