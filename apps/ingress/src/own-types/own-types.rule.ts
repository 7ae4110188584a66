import { type ContractIssue, type CustomEventData, isCustomType, type PosthornEvent } from '@posthorn/contracts';
import type { AdmissionRule, Objection } from '../admission/admission.rule.js';
import type { FieldJudge } from './field.judge.js';
import type { OwnFields, OwnType } from './own-types.settings.js';

/** What a site has added: types by their whole name, and judges of `extra` by type. */
export interface OwnTypesOfSite {
  types: ReadonlyMap<string, OwnType>;
  fields: OwnFields;
}

const DATA_BYTES_MAX = 65_536;

export const customTypeOf = (name: string): string => `custom.${name}`;

/** An event of a type that the site has added, or with fields that it has added to one of ours, is as the site says. */
export class OwnTypesRule implements AdmissionRule {
  constructor(private readonly bySite: ReadonlyMap<string, OwnTypesOfSite>) {}

  judge(event: PosthornEvent): Objection | undefined {
    const isCustom = isCustomType(event.type);
    const { extra } = event.data as { extra?: unknown };
    if (!isCustom && extra === undefined) return undefined;
    const reasons = isCustom ? this.ofCustom(event) : this.ofExtra(event, extra);
    if (Buffer.byteLength(JSON.stringify(event.data)) > DATA_BYTES_MAX) reasons.push({ pointer: '/data', rule: 'too_big', message: `must have at most ${DATA_BYTES_MAX} bytes` });
    return reasons.length === 0 ? undefined : { decision: 'refuse', code: 'validation-failed', title: 'The event is not valid', reasons };
  }

  private ofCustom({ site, type, data }: PosthornEvent): ContractIssue[] {
    const own = this.bySite.get(site)?.types;
    const settings = own?.get(type);
    if (settings === undefined) return [{ pointer: '/type', rule: 'unknown_type', message: `is not a type of this site; its own are ${[...(own?.keys() ?? [])].join(', ') || 'none'}` }];
    const { person, fields, facts } = data as CustomEventData;
    const reasons = [...judged('/data/fields', fields, settings.fields), ...judged('/data/facts', facts, settings.facts)];
    if (settings.person === 'required' && person === undefined) reasons.push({ pointer: '/data/person', rule: 'required', message: 'is required' });
    if (settings.person === 'none' && person !== undefined) reasons.push({ pointer: '/data/person', rule: 'unknown_field', message: 'is not a field of this type' });
    return reasons;
  }

  private ofExtra({ site, type }: PosthornEvent, extra: unknown): ContractIssue[] {
    return judged('/data/extra', extra, (this.bySite.get(site)?.fields as Partial<Record<string, FieldJudge>> | undefined)?.[type]);
  }
}

// Fields that are not there are judged as none, so that a required one among them is missed.
function judged(pointer: string, fields: unknown, judge: FieldJudge | undefined): ContractIssue[] {
  if (judge !== undefined) return judge(fields ?? {}).map((issue) => ({ ...issue, pointer: `${pointer}${issue.pointer}` }));
  return fields === undefined ? [] : [{ pointer, rule: 'unknown_field', message: 'is not a field of this type: the site has not described it' }];
}
