import { describe, expect, it } from 'vitest';
import { bundlePlaceOf, tilePlaceOf, tileWidth } from './tile.js';

describe('the address of a tile', () => {
  it.each([
    ['0/000', { level: 0, number: 0, width: 256 }],
    ['0/x001/x234/067', { level: 0, number: 1_234_067, width: 256 }],
    ['2/007.p/12', { level: 2, number: 7, width: 12 }],
    ['63/999', { level: 63, number: 999, width: 256 }],
  ])('%s is read as the standard says', (path, place) => {
    expect(tilePlaceOf(path)).toEqual(place);
  });

  it('of a bundle of entries has no level', () => {
    expect(bundlePlaceOf('entries/x001/000.p/255')).toEqual({ number: 1_000, width: 255 });
  });

  it.each(['64/000', '00/000', '0/0', '0/1000', '0/x000/001', '0/000.p/0', '0/000.p/256', '0/000.p/01', '0/x1/000', '0/000/', '-1/000', '0/x999/x999/x999/x999/x999/999', '0/000%2e', 'x/000'])(
    '%s is none',
    (path) => {
      expect(tilePlaceOf(path)).toBeUndefined();
    },
  );

  it('has the width that the standard gives for a tree of 70,000 leaves', () => {
    expect([tileWidth(70_000, 0, 272), tileWidth(70_000, 0, 273), tileWidth(70_000, 0, 274)]).toEqual([256, 112, 0]);
    expect([tileWidth(70_000, 1, 0), tileWidth(70_000, 1, 1), tileWidth(70_000, 2, 0)]).toEqual([256, 17, 1]);
    expect([tileWidth(256, 0, 0), tileWidth(256, 1, 0)]).toEqual([256, 1]);
  });
});
