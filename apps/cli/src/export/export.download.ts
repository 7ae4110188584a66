import { CliError, EXIT } from '../cli.error.js';
import { type Access } from '../client.settings.js';
import { callStream } from '../http.client.js';
import type { PartFile } from './part.file.js';

const ATTEMPTS = 8;
const PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
const TOO_MANY_REQUESTS = 429;
const BAD_REQUEST = 400;

export interface Question {
  asked: Record<string, string>;
  query: Record<string, string>;
}

/** Who hears how it goes. */
export interface DownloadWatcher {
  /** `expected` entries in all, about; 0 where nobody knows. */
  progress(expected: number): void;
  pause(why: string, seconds: number): void;
}

/** Brings an export into its part until it is all there; where it is cut it goes on, to the byte. */
export class ExportDownload {
  private reached = false;
  private expected = 0;

  constructor(
    private readonly access: Access,
    private readonly part: PartFile,
    private readonly question: Question,
    private readonly watcher: DownloadWatcher,
  ) {}

  /** Throws a CliError when it is not to be had. */
  async run(): Promise<void> {
    for (let failures = 0; !this.part.received.isSealed; ) {
      const before = this.part.received.bytes;
      const problem = await this.attempt();
      if (problem === undefined) break;
      failures = this.part.received.bytes > before ? 1 : failures + 1;
      if (failures >= ATTEMPTS) throw given(problem, this.part);
      const pauseMs = Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** (failures - 1));
      this.watcher.pause(problem.message, pauseMs / 1_000);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    if (this.part.format === 'ndjson' && !this.part.received.sealFits) throw unsealed(this.part);
  }

  /** Undefined when it is all there; a problem that may pass. Throws one that stays. */
  private async attempt(): Promise<CliError | undefined> {
    try {
      const answer = await this.ask();
      this.reached = true;
      for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
        await this.part.write(Buffer.from(chunk));
        this.watcher.progress(this.expected);
      }
    } catch (error) {
      this.part.received.dropBegun();
      if (!(error instanceof CliError)) return cutOff(this.access);
      if (!this.mayPass(error)) throw error;
      return error;
    }
    this.part.received.dropBegun();
    return this.isWhole() ? undefined : cutOff(this.access);
  }

  private async ask(): Promise<Response> {
    const { part, question } = this;
    const { beginning, received: { position = 0, entries } } = part;
    const { asked, query } = beginning ?? question;
    const going = position > 0 ? beginning : undefined;
    const parameters = new URLSearchParams({ format: part.format, ...query });
    if (going !== undefined) for (const [name, value] of [['after', String(position)], ['checkpoint', going.checkpoint]] as const) parameters.set(name, value);
    const answer = await this.opened(`/v1/export?${parameters.toString()}`);
    const checkpoint = answer.headers.get('posthorn-checkpoint');
    if (checkpoint === null || (going !== undefined && checkpoint !== going.checkpoint)) throw anotherLog(this.access, part);
    this.expected = entries + Number(answer.headers.get('posthorn-entries-estimate') ?? 0);
    if (going === undefined) await part.begin({ format: part.format, asked, query, checkpoint, size: Number(answer.headers.get('posthorn-log-size')) });
    return answer;
  }

  private async opened(path: string): Promise<Response> {
    try {
      return await callStream(this.access, path);
    } catch (error) {
      if (error instanceof CliError && error.status === BAD_REQUEST && error.message.includes('/checkpoint')) throw anotherLog(this.access, this.part);
      throw error;
    }
  }

  /** Whoever cannot be reached at first is not there; later it may be a restart. */
  private mayPass({ exitCode, status }: CliError): boolean {
    return status === TOO_MANY_REQUESTS || (this.reached && exitCode === EXIT.unreachable);
  }

  /** A proxy can end an answer that was cut as if it were whole. NDJSON has a last line; of CSV only the whole log has a known last entry. */
  private isWhole(): boolean {
    const { format, received, beginning } = this.part;
    if (format === 'ndjson') return received.isSealed;
    return beginning !== undefined && (Object.keys(beginning.query).length > 0 || received.position === beginning.size);
  }
}

const cutOff = ({ url }: Access): CliError => new CliError(EXIT.unreachable, `audit at ${url} broke off its answer.`);

function given(problem: CliError, { path }: PartFile): CliError {
  return new CliError(problem.exitCode, `${problem.message}\nThat was attempt ${ATTEMPTS} without one more entry. What came is in ${path}.`, 'Go on later with --resume.', problem.status);
}

const anotherLog = ({ url }: Access, { path }: PartFile): CliError =>
  new CliError(EXIT.failed, `What answers at ${url} is not the log that ${path} is of: it does not know the checkpoint that the export began with.`, 'Check --url, or begin anew with --force.');

const unsealed = ({ path }: PartFile): CliError =>
  new CliError(EXIT.untrue, `${path} is whole, and not what its last line was made over.`, 'With another key, or where somebody was erased since it began, the pieces do not fit together: begin anew with --force. If it stays so, somebody changes the answers on their way.');
