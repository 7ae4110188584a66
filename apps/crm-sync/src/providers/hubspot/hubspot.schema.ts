import { PermanentError } from '@posthorn/resilience';
import type { HubSpotClient } from './hubspot.client.js';

export interface CustomProperty {
  object: string;
  name: string;
  label: string;
  /** HubSpot itself then refuses a second record with the same value. */
  unique: boolean;
}

const GROUP = { name: 'posthorn', label: 'Posthorn' };

/**
 * Makes sure that our custom properties exist: looked for once per process, created where missing. Looked for
 * first, so that an administrator may create them and withhold the right to change schemas.
 */
export class HubSpotSchema {
  private readonly known = new Map<string, Promise<void>>();

  constructor(private readonly client: HubSpotClient) {}

  /** Runs `write` with the property in place; where somebody has deleted it since, it is made again, once. */
  async with<R>(property: CustomProperty, signal: AbortSignal, write: () => Promise<R>): Promise<R> {
    const remembered = this.known.has(keyOf(property));
    await this.ensure(property, signal);
    try {
      return await write();
    } catch (error) {
      if (!remembered || !(error instanceof PermanentError)) throw error;
      if (await this.client.property(property.object, property.name, signal)) throw error;
      this.known.delete(keyOf(property));
      await this.ensure(property, signal);
      return write();
    }
  }

  private ensure(property: CustomProperty, signal: AbortSignal): Promise<void> {
    const key = keyOf(property);
    const running = this.known.get(key);
    if (running) return running;
    const started = this.create(property, signal);
    this.known.set(key, started);
    // A failure is forgotten, so that the next delivery looks again.
    started.catch(() => this.known.delete(key));
    return started;
  }

  private async create({ object, name, label, unique }: CustomProperty, signal: AbortSignal): Promise<void> {
    const existing = await this.client.property(object, name, signal);
    if (existing && unique && existing.hasUniqueValue !== true) {
      throw new PermanentError('CRM_PROPERTY_NOT_UNIQUE', `The HubSpot property ${name} of ${object} exists and is not unique`, {
        remedy: `Delete the property ${name} of ${object} in HubSpot; it is then created as it must be.`,
      });
    }
    if (existing) return;
    await this.client.createPropertyGroup(object, GROUP, signal);
    await this.client.createProperty(
      object,
      { name, label, groupName: GROUP.name, type: 'string', fieldType: 'text', ...(unique ? { hasUniqueValue: true } : {}) },
      signal,
    );
  }
}

function keyOf({ object, name }: CustomProperty): string {
  return `${object}.${name}`;
}
