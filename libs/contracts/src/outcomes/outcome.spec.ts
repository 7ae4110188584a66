import { describe, expect, it } from 'vitest';
import { circuitOutcome, ContractError, createEvent, createOutcome, credentialsOutcome, deliveryOutcome, EXAMPLES, parseOutcome, type OutcomeData } from '../index.js';

const event = createEvent({ site: 'acme', type: 'lead.submitted', data: EXAMPLES['lead.submitted'] });
const data: OutcomeData = {
  service: 'crm-sync',
  connection: 'acme-hubspot',
  provider: 'hubspot',
  action: 'sync-lead',
  event: { id: event.id, type: event.type },
  state: 'delivered',
  attempts: 1,
  externalId: '90210',
  facts: { created: true, notes: 1 },
};

describe('an outcome', () => {
  it('names the event as its cause and keeps its correlation', () => {
    const outcome = createOutcome({ site: 'acme', type: 'crm.contact.synced', data, correlationid: 'visit-7' });
    expect(outcome).toMatchObject({ source: '/services/crm-sync', causationid: event.id, correlationid: 'visit-7', dataschema: 'https://posthorn.dev/schemas/outcome/1' });
    expect(parseOutcome(JSON.parse(JSON.stringify(outcome)))).toEqual(outcome);
  });

  it('correlates with its cause when nothing else is known, and else with itself', () => {
    expect(createOutcome({ site: 'acme', type: 'crm.contact.synced', data }).correlationid).toBe(event.id);
    const alone = createOutcome({ site: 'acme', type: circuitOutcome('crm-sync', 'opened'), data: { service: 'crm-sync', connection: 'acme-hubspot', state: 'opened' } });
    expect(alone.correlationid).toBe(alone.id);
    expect(alone).not.toHaveProperty('causationid');
  });

  it('is never lost to what a provider wrote into its error', () => {
    const error = { code: 'HUBSPOT_DOWN', message: `\u0000\ud800${'x'.repeat(5_000)}`, remedy: 'wait' };
    const outcome = createOutcome({ site: 'acme', type: deliveryOutcome('crm-sync', 'dead'), data: { ...data, state: 'dead', error } });
    expect(outcome.data.error).toEqual({ code: 'HUBSPOT_DOWN', message: ` \ufffd${'x'.repeat(1_998)}`, remedy: 'wait' });
  });

  it('may be of a type that this release does not list, but not without a state', () => {
    expect(parseOutcome(createOutcome({ site: 'acme', type: 'chat.message.posted', data })).type).toBe('chat.message.posted');
    expect(() => parseOutcome({ ...createOutcome({ site: 'acme', type: 'chat.message.posted', data }), data: { ...data, state: 'fine' } })).toThrow(ContractError);
  });

  it('is named after its service', () => {
    expect([deliveryOutcome('email', 'held'), circuitOutcome('email', 'half-opened'), credentialsOutcome('email')]).toEqual([
      'email.delivery.held',
      'email.circuit.half-opened',
      'email.credentials.rejected',
    ]);
  });
});
