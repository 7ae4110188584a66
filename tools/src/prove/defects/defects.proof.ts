import { WORKSPACE } from '../../workspace.js';
import { type Finding, type Proof, type Proving } from '../proof.js';
import { type Defect, plant } from './defect.js';
import { DEFECTS } from './defect.table.js';
import { runTests } from './test.run.js';
import { copyTree } from './tree.copy.js';

/** Breaks a copy of the code on purpose, in one place at a time, and demands that the test which promises the opposite fails. */
export const defectsProof: Proof = {
  about: 'breaks a copy of the code on purpose, a promise at a time, and sees whether its test notices',
  options: {},
  run: prove,
};

async function prove({ signal, progress }: Proving): Promise<Finding> {
  const copy = copyTree(WORKSPACE);
  const complaints: string[] = [];
  const table = [['defect', 'what it is', 'the test that must fail', 'verdict']];
  try {
    const defects = Object.entries<Defect>(DEFECTS);
    progress(`${defects.length} tests on the code as it is`);
    const healthy = await runTests(copy.folder, defects.map(([, { test }]) => test), signal);
    for (const [name, defect] of defects) {
      const before = healthy.get(defect.test);
      progress(`${name}: ${defect.what}`);
      const after = before === 'passed' ? await withoutPromise(copy.folder, defect, signal) : undefined;
      const caught = after === 'failed';
      if (!caught) complaints.push(complaintOf(name, defect, before, after));
      table.push([name, defect.what, defect.test.title, caught ? 'caught' : 'SURVIVED']);
    }
    const caught = defects.length - complaints.length;
    return { holds: complaints.length === 0, table, figures: { defects: defects.length, caught }, complaints };
  } finally {
    copy.remove();
  }
}

async function withoutPromise(folder: string, defect: Defect, signal: AbortSignal) {
  const mend = plant(folder, defect);
  try {
    return (await runTests(folder, [defect.test], signal)).get(defect.test);
  } finally {
    mend();
  }
}

function complaintOf(name: string, { test: { file, title } }: Defect, before: string | undefined, after: string | undefined): string {
  if (before !== 'passed') return `${name}: "${title}" (${file}) says nothing: on the code as it is, it ${before === 'failed' ? 'fails' : 'does not run'}`;
  return `${name}: "${title}" (${file}) ${after === 'passed' ? 'passes all the same' : 'does not run with it'}`;
}
