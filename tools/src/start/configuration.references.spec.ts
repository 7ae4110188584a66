import { withFile } from '@posthorn/testing';
import { expect, it } from 'vitest';
import { referencesIn } from './configuration.references.js';

const referencesOf = (yaml: string) => withFile('posthorn.yaml', yaml, referencesIn);

it('finds what each section refers to, within a string and in a list', () => {
  const yaml = 'email:\n  url: http://${env:HOST}:${env:PORT_OF}/\n  keys: [{ sha: "${env:KEY}" }, "${file:/run/x}"]\naudit: {}\nconsole:\n';
  expect(referencesOf(yaml)).toEqual({ email: new Set(['HOST', 'PORT_OF', 'KEY']), audit: new Set(), console: new Set() });
});

it('finds what an alias stands for, in the section that uses it', () => {
  expect(referencesOf('email: { token: &token "${env:TOKEN}" }\ncrm-sync: { token: *token }\n# ${env:COMMENT}\n')).toEqual({ email: new Set(['TOKEN']), 'crm-sync': new Set(['TOKEN']) });
});

it.each(['', '[1', '- a list', 'just text'])('leaves it to the services to say what is wrong with %j', (yaml) => {
  expect(() => referencesOf(yaml)).not.toThrow();
});
