import { html, type Html } from '../html.js';
import type { Journey, Step, StepState } from '../journey.js';

const LABELS: Record<StepState, string> = {
  done: 'Done',
  running: 'In progress',
  waiting: 'Waiting',
  retrying: 'Trying again',
  failed: 'Needs a person',
  skipped: 'Not needed',
};

/** The steps of a journey as a list; the same markup is sent again while it goes on. */
export function journeySteps(journey: Journey): Html {
  const first: Step = { service: 'ingress', title: 'Accepted', state: 'done', detail: 'Stored safely', at: journey.acceptedAt, externalId: journey.id };
  return html`<ol class="steps"${journey.final && html` data-final`}>${[first, ...journey.steps].map(stepItem)}</ol>
${!journey.servicesReachable && html`<p class="journey-note">The services cannot be asked at the moment. Your event is stored and will be delivered.</p>`}`;
}

function stepItem(step: Step): Html {
  const after = step.afterMs === undefined ? '' : `${step.afterMs < 10_000 ? `${step.afterMs} ms` : `${Math.round(step.afterMs / 1000)} s`} later`;
  const when = step.at && html`<time datetime="${step.at}">${after || `${step.at.slice(11, 19)} UTC`}</time>`;
  const id = step.externalId && (step.link ? html`<a class="step-id" href="${step.link}">${short(step.externalId)}</a>` : html`<code class="step-id">${short(step.externalId)}</code>`);
  return html`<li class="step step-${step.state}"><span class="step-mark" aria-hidden="true"></span><div class="step-body"><p class="step-title">${step.title} <span class="sr">${LABELS[step.state]}</span>${when}</p><p class="step-detail">${step.detail}${id && html` · ${id}`}</p></div></li>`;
}

/** A journey on one line, for the list of all. */
export function journeyChips(journey: Journey): Html {
  return html`<ul class="chips">${journey.steps.map((step) => html`<li class="chip chip-${step.state}" title="${step.detail}"><span class="chip-mark" aria-hidden="true"></span>${step.title}<span class="sr">: ${LABELS[step.state]}</span></li>`)}</ul>`;
}

function short(externalId: string): string {
  return externalId.length > 44 ? `${externalId.slice(0, 20)}…${externalId.slice(-20)}` : externalId;
}
