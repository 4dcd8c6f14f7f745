export interface Country {
  readonly cities: readonly string[]
  readonly timeZone: string
  /** Hours ahead of UTC in winter: enough to put a year of sales into opening hours. */
  readonly offset: number
  readonly region: string
  readonly taxName: string
  readonly standard: string
  readonly reduced: string
  readonly lastNames: readonly string[]
}

export const COUNTRIES = {
  AT: country(
    'Wien|Graz|Linz|Salzburg',
    'Europe/Vienna',
    1,
    '',
    'USt',
    '0.20',
    '0.10',
    'Huber|Gruber|Wagner|Pichler|Steiner|Moser|Hofer|Leitner',
  ),
  DE: country(
    'Hamburg|Köln|Leipzig|München',
    'Europe/Berlin',
    1,
    '',
    'MwSt',
    '0.19',
    '0.07',
    'Schmidt|Fischer|Weber|Becker|Hoffmann|Krüger|Lange|Yilmaz',
  ),
  FR: country(
    'Lyon|Nantes|Bordeaux|Lille',
    'Europe/Paris',
    1,
    '',
    'TVA',
    '0.20',
    '0.055',
    'Martin|Bernard|Dubois|Moreau|Laurent|Garnier|Faure|Diallo',
  ),
  US: country(
    'Portland|Madison|Burlington|Boulder',
    'America/New_York',
    -5,
    'NY',
    'Sales tax',
    '0.08875',
    '0',
    'Smith|Johnson|Nguyen|Garcia|Miller|Davis|Clark|Lewis',
  ),
  GB: country(
    'Bristol|Leeds|Norwich|Cardiff',
    'Europe/London',
    0,
    '',
    'VAT',
    '0.20',
    '0',
    'Taylor|Evans|Patel|Hughes|Walker|Wright|Green|Khan',
  ),
  CH: country(
    'Zürich|Bern|Luzern|Chur',
    'Europe/Zurich',
    1,
    '',
    'MWST',
    '0.081',
    '0.026',
    'Müller|Meier|Keller|Frei|Brunner|Baumann|Rossi|Favre',
  ),
  CA: country(
    'Halifax|Guelph|Victoria|Kingston',
    'America/Toronto',
    -5,
    'ON',
    'HST',
    '0.13',
    '0',
    'Tremblay|Roy|Campbell|Singh|Wilson|Martin|Chen|Fraser',
  ),
  AU: country(
    'Hobart|Fremantle|Geelong|Newcastle',
    'Australia/Sydney',
    10,
    '',
    'GST',
    '0.10',
    '0',
    'Williams|Brown|Kelly|Ryan|White|Harris|Murphy|Tran',
  ),
  SE: country(
    'Stockholm|Göteborg|Malmö|Umeå',
    'Europe/Stockholm',
    1,
    '',
    'Moms',
    '0.25',
    '0.12',
    'Andersson|Berg|Lindqvist|Nyström|Ek|Sandberg|Holm|Åkesson',
  ),
} as const

export type CountryCode = keyof typeof COUNTRIES

export const FIRST_NAMES: readonly string[] =
  'Anna|Ben|Clara|David|Emma|Finn|Hana|Ines|Jakob|Kim|Lea|Luca|Maria|Nora|Omar|Paula|Quentin|Rosa|Sami|Theo|Uma|Vera|Will|Yara|Zoe'.split(
    '|',
  )

function country(
  cities: string,
  timeZone: string,
  offset: number,
  region: string,
  taxName: string,
  standard: string,
  reduced: string,
  lastNames: string,
): Country {
  return { cities: cities.split('|'), timeZone, offset, region, taxName, standard, reduced, lastNames: lastNames.split('|') }
}
