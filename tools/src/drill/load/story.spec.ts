import { EVENTS, WEBSITE_EVENT_TYPES } from '@posthorn/contracts';
import { describe, expect, it } from 'vitest';
import { promisesOf } from '../checker/promises.js';
import { storyOf } from './story.js';

const stories = Array.from({ length: 400 }, (_, index) => storyOf(7, index));
const steps = stories.flatMap((story) => story.steps);

describe('the stories of a drill', () => {
  it('are the same for the same seed', () => {
    expect(storyOf(7, 3)).toEqual(stories[3]);
    expect(storyOf(8, 3)).not.toEqual(stories[3]);
  });

  it('have events of all types of websites in them, each as the contract demands', () => {
    expect(new Set(steps.map(({ event }) => event.type))).toEqual(new Set(WEBSITE_EVENT_TYPES));
    for (const { event } of steps) expect(EVENTS[event.type].safeParse(event.data).error).toBeUndefined();
  });

  it('share no person, so that every trace leads to one story', () => {
    expect(new Set(stories.map(({ person }) => person)).size).toBe(stories.length);
  });

  it('tell nothing of which the checker does not know what to expect', () => {
    for (const type of WEBSITE_EVENT_TYPES) expect(promisesOf(type).length).toBeGreaterThan(0);
  });
});
