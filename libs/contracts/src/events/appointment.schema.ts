import { z } from 'zod';
import { personal } from '../personal/personal.mark.js';
import { consent, extra, person } from '../schemas/person.schema.js';
import { key, line, text } from '../schemas/text.schema.js';
import { instant, timeZone } from '../schemas/time.schema.js';

/** The same facts for booked, rescheduled and cancelled; a rescheduled one carries its new times. */
export const appointment = z
  .strictObject({
    appointmentId: key(),
    start: instant,
    end: instant,
    timeZone,
    // Title and place are free text: "Home visit, Jane Roe" and a private address belong there.
    title: personal(line(300, 1)),
    place: personal(line(500)).optional(),
    person,
    notes: personal(text(20_000)).optional(),
    reason: personal(text(5_000)).optional(),
    consent: consent.optional(),
    extra,
  })
  .refine(({ start, end }) => Date.parse(end) > Date.parse(start), {
    path: ['end'],
    error: 'must be later than start',
    params: { rule: 'after_start' },
  });
