import type { IngressSection } from '../config.js';
import type { WebhookPreset } from './presets/webhook.preset.js';
import { presetFor } from './webhook.settings.js';

/** Somebody who may send webhooks for a site. */
export interface WebhookSource {
  /** `<site>.<name>`, as in the address. */
  id: string;
  site: string;
  name: string;
  preset: WebhookPreset;
  secrets: readonly string[];
  toleranceSeconds: number;
  quietAfterHours: number | undefined;
}

/** The sources of all sites, by their id. */
export class WebhookSources {
  readonly all: readonly WebhookSource[];
  private readonly byId: ReadonlyMap<string, WebhookSource>;

  constructor({ sites }: Pick<IngressSection, 'sites'>) {
    this.all = Object.entries(sites).flatMap(([site, { webhooks = {} }]) =>
      Object.entries(webhooks).map(([name, settings]) => {
        const { secrets, toleranceSeconds, quietAfterHours } = settings;
        return { id: `${site}.${name}`, site, name, secrets, toleranceSeconds, quietAfterHours, preset: presetFor(settings) };
      }),
    );
    this.byId = new Map(this.all.map((source) => [source.id, source]));
  }

  find(id: string): WebhookSource | undefined {
    return this.byId.get(id);
  }
}
