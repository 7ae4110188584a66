const MAX_LENGTH = 60;
const NOT_A_NAME = /[/\\@<>{}[\]|=+*#%$€£!?]|https?:|www\.|\p{L}\.\p{L}{2,}|\d{3,}|\p{Extended_Pictographic}/iu;

/**
 * The name to greet somebody by, or undefined. A form can be filled in by anybody with anybody's address, so a
 * "name" that carries a link or a sentence would make us deliver somebody's advertisement under the site's name.
 */
export function greetingName(name: string | undefined): string | undefined {
  const trimmed = name?.replace(/\s+/gu, ' ').trim();
  if (trimmed === undefined || trimmed === '' || trimmed.length > MAX_LENGTH) return undefined;
  return NOT_A_NAME.test(trimmed) ? undefined : trimmed;
}
