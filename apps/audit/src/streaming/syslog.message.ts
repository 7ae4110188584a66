import type { EntryView } from '../questions/entry.view.js';

/** Facility 13, "log audit", and severity 6, "informational" (RFC 5424, 6.2.1). */
const PRIORITY = 13 * 8 + 6;
const HOSTNAME_MAX = 255;

/**
 * An entry as a message of RFC 5424 behind its length (RFC 5425, 4.3). Letters beyond ASCII are escaped as JSON allows, so
 * that nobody needs to know in which encoding it is, and it can do without the byte order mark that many do not expect.
 */
export function syslogMessageOf(entry: EntryView, origin: string): string {
  const message = `<${PRIORITY}>1 ${entry.recordedAt} ${origin.slice(0, HOSTNAME_MAX)} posthorn-audit - ${entry.kind} - ${asciiOf(JSON.stringify(entry))}`;
  return `${message.length} ${message}`;
}

const asciiOf = (json: string): string => json.replaceAll(/[\u007f-\uffff]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
