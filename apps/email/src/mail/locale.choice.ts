export const FALLBACK_LOCALE = 'en';

/** The first wish that is available, `de-AT` being served by `de`; then English. */
export function chooseLocale(wishes: readonly (string | undefined)[], available: ReadonlySet<string>): string {
  for (const wish of wishes) {
    if (wish === undefined) continue;
    const parts = wish.toLowerCase().split('-');
    for (let length = parts.length; length > 0; length -= 1) {
      const candidate = parts.slice(0, length).join('-');
      if (available.has(candidate)) return candidate;
    }
  }
  return FALLBACK_LOCALE;
}

/**
 * The language tag for dates and amounts: the person's own region where its language is the mail's language
 * (`de-AT` writes € 12,50), else the language of the mail.
 */
export function formattingLocale(language: string, wishes: readonly (string | undefined)[]): string {
  const regional = wishes.find((wish) => wish?.toLowerCase().split('-')[0] === language.split('-')[0]);
  if (regional === undefined || regional === language) return language;
  return Intl.DateTimeFormat.supportedLocalesOf(regional).length > 0 ? regional : language;
}
