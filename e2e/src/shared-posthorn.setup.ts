import type { TestProject } from 'vitest/node';
import { startPosthorn } from './own-posthorn.fixture.js';

/** One system for all spec files that leave it whole: starting one takes longer than most of what is asked of it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const posthorn = await startPosthorn();
  project.provide('sharedPosthorn', posthorn.address);
  return () => posthorn.stop();
}
