import { expect, it } from 'vitest';
import { entriesByPerson } from './provider.witness.js';

it('finds whose entry it is and when, also where lines are folded and times named in a zone', () => {
  const entry = (description: string, start: string): string =>
    ['BEGIN:VCALENDAR', 'BEGIN:VTIMEZONE', 'TZID:Europe/Berlin', 'END:VTIMEZONE', 'BEGIN:VEVENT', start, description, 'X-POSTHORN-EVENT:e1', 'END:VEVENT', 'END:VCALENDAR'].join('\r\n');
  const entries = entriesByPerson([
    entry('DESCRIPTION:Drill 1\\nappointment-7-\r\n 1@drill.example\\nCompany 7-1', 'DTSTART:20310106T090000Z'),
    entry('DESCRIPTION:Drill 2\\nappointment-7-2@drill.example', 'DTSTART;TZID=Europe/Berlin:20310107T100000'),
    entry('DESCRIPTION:Drill 2\\nappointment-7-2@drill.example', 'DTSTART:20310108T090000Z'),
  ]);
  expect(entries.get('appointment-7-1@drill.example')).toEqual([{ eventId: 'e1', start: '20310106T090000Z' }]);
  expect(entries.get('appointment-7-2@drill.example')?.map(({ start }) => start)).toEqual(['20310107T100000', '20310108T090000Z']);
});
