export const LANGUAGES = ['en', 'de'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The first language we speak among a BCP 47 tag or an Accept-Language header; English otherwise. */
export function languageOf(preference: string | undefined): Language {
  for (const part of (preference ?? '').split(',')) {
    const language = part.trim().slice(0, 2).toLowerCase();
    if (language === 'de' || language === 'en') return language;
  }
  return 'en';
}
