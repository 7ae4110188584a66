import Handlebars from 'handlebars';
import { guardedModel } from './guarded.model.js';
import { TemplateError, type TemplateMistake } from './template.error.js';
import { type TemplateFolder, type TemplateSource } from './template.folder.js';
import { type CommonModel, type RenderedMail, type TemplateModels, type TemplateName } from './template.models.js';
import { SAMPLE_COMMON, TEMPLATE_SAMPLES } from './template.samples.js';

const NAMES = Object.keys(TEMPLATE_SAMPLES) as TemplateName[];
const SUBJECT = /^Subject:(.*)\r?\n/;

/** The templates of one site, compiled once. */
export class TemplateSet {
  private readonly forHtml = new Workshop({ strict: true });
  private readonly forText = new Workshop({ strict: true, noEscape: true });
  private readonly html = new Map<string, HandlebarsTemplateDelegate>();
  private readonly text = new Map<string, HandlebarsTemplateDelegate>();
  private readonly subject = new Map<string, HandlebarsTemplateDelegate>();
  private readonly languages = new Map<TemplateName, Set<string>>();

  /**
   * Throws TemplateError with every mistake: unescaped output, no subject, a part missing, an unknown name. The last
   * shows only when all are rendered, a third of a second's work that `triedOut` templates have had in a test.
   */
  constructor(folder: TemplateFolder, { triedOut = false } = {}) {
    const mistakes: TemplateMistake[] = [];
    for (const [name, source] of folder.partials) {
      mistakes.push(...unescaped(source));
      this.forHtml.add(name, source);
      this.forText.add(name, source);
    }
    for (const [key, source] of folder.templates) mistakes.push(...this.add(key, source, folder));
    if (mistakes.length === 0 && !triedOut) mistakes.push(...this.tryOut(folder));
    if (mistakes.length > 0) throw new TemplateError(mistakes);
  }

  /** The languages a template is written in. */
  languagesOf(name: TemplateName): ReadonlySet<string> {
    return this.languages.get(name) ?? new Set();
  }

  render<N extends TemplateName>(name: N, common: CommonModel, model: TemplateModels[N]): RenderedMail {
    return this.renderAny(name, common.locale, { ...common, ...model });
  }

  private renderAny(name: TemplateName, language: string, model: object): RenderedMail {
    const key = `${language}/${name}`;
    const [html, text, subject] = [this.html.get(key), this.text.get(key), this.subject.get(key)];
    if (html === undefined || text === undefined || subject === undefined) throw new TemplateError([{ file: key, problem: 'there is no such template' }]);
    return {
      // A subject is one line, whatever a value in it contains.
      subject: subject(model).replace(/[\p{Cc}\s]+/gu, ' ').trim(),
      text: `${text(model).replace(/\n{3,}/g, '\n\n').trim()}\n`,
      html: html(model),
    };
  }

  private add(key: string, source: TemplateSource, folder: TemplateFolder): TemplateMistake[] {
    const match = /^([^/]+)\/(.+)\.(html|txt)$/.exec(key);
    const name = NAMES.find((known) => known === match?.[2]);
    if (match === null || name === undefined) return [{ file: source.file, problem: `is no template; there are ${NAMES.join(', ')}, each as .html.hbs and .txt.hbs` }];
    const language = match[1] ?? '';
    const id = `${language}/${name}`;
    const mistakes = unescaped(source);
    const other = match[3] === 'html' ? 'txt' : 'html';
    if (!folder.templates.has(`${id}.${other}`)) mistakes.push({ file: source.file, problem: `needs its other half ${name}.${other}.hbs beside it` });
    if (match[3] === 'txt' && !SUBJECT.test(source.content)) mistakes.push({ file: source.file, problem: 'must begin with a line "Subject: …"' });
    if (mistakes.length > 0) return mistakes;
    if (match[3] === 'html') {
      this.html.set(id, this.forHtml.compile(source.content));
    } else {
      this.subject.set(id, this.forText.compile(SUBJECT.exec(source.content)?.[1] ?? ''));
      this.text.set(id, this.forText.compile(source.content.replace(SUBJECT, '')));
    }
    this.languages.set(name, (this.languages.get(name) ?? new Set()).add(language));
    return [];
  }

  private tryOut(folder: TemplateFolder): TemplateMistake[] {
    const mistakes: TemplateMistake[] = [];
    for (const name of NAMES) {
      for (const language of this.languagesOf(name)) {
        for (const kind of ['full', 'bare'] as const) {
          const model = { ...SAMPLE_COMMON[kind], locale: language, ...TEMPLATE_SAMPLES[name][kind] };
          try {
            this.renderAny(name, language, guardedModel(model));
          } catch (error) {
            const file = folder.templates.get(`${language}/${name}.html`)?.file.replace(/html\.hbs$/, '{html,txt}.hbs') ?? name;
            mistakes.push({ file, problem: error instanceof Error ? error.message : String(error) });
          }
        }
      }
    }
    return mistakes;
  }
}

/** Compiles templates and the partials they share, all of them with the same options. */
class Workshop {
  private readonly handlebars = Handlebars.create();

  constructor(private readonly options: CompileOptions) {}

  // As a function: text would be compiled anew for each mail wherever an inline partial stands beside it.
  add(partial: string, { content }: TemplateSource): void {
    this.handlebars.registerPartial(partial, this.compile(content));
  }

  compile(content: string): HandlebarsTemplateDelegate {
    return this.handlebars.compile(content, this.options);
  }
}

/** `{{{value}}}` and `{{&value}}` would let a visitor write HTML into a mail, so no template may use them. */
function unescaped(source: TemplateSource): TemplateMistake[] {
  const mistakes: TemplateMistake[] = [];
  class RawOutput extends Handlebars.Visitor {
    override MustacheStatement(statement: hbs.AST.MustacheStatement): void {
      if (!statement.escaped) {
        mistakes.push({ file: source.file, problem: `line ${statement.loc.start.line} puts a value out unescaped; write it with two braces` });
      }
      super.MustacheStatement(statement);
    }
  }
  try {
    new RawOutput().accept(Handlebars.parse(source.content));
  } catch (error) {
    mistakes.push({ file: source.file, problem: error instanceof Error ? error.message : String(error) });
  }
  return mistakes;
}
