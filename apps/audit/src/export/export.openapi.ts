import type { Operation } from '@posthorn/http';
import { exportQuery } from './export.query.js';

const TEXT = { type: 'string' };

export const EXPORT_LOG: Operation = {
  tag: 'The log as a whole',
  summary: 'The log, or what passes a filter, as one stream',
  about: 'In the order of position. Needs a key with "export" at the site, or everywhere without one. To continue an export, give the position of the last entry you have and the checkpoint it began with.',
  query: exportQuery,
  answers: {
    200: {
      about: 'A line an entry.',
      content: { 'application/x-ndjson': TEXT, 'text/csv': TEXT },
      headers: {
        'posthorn-checkpoint': 'The signed checkpoint it is of, in base64url.',
        'posthorn-log-size': 'How many entries that is over.',
        'posthorn-entries-estimate': 'About how many are to come.',
        'content-disposition': 'The name of a file.',
      },
    },
  },
  problems: { 400: ['query-invalid'], 403: ['export-not-granted', 'site-not-granted'], 404: ['checkpoint-none'], 429: ['exports-busy'] },
  examples: [
    { title: 'To be verified offline', query: { format: 'ndjson', site: 'acme' }, status: 200 },
    { title: 'For a spreadsheet', query: { format: 'csv', type: 'lead.submitted' }, status: 200 },
    { title: 'In no format', status: 400 },
  ],
};
