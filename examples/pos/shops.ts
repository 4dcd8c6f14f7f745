import type { Trade } from './sample-assortments.js'
import type { CountryCode } from './sample-countries.js'

export interface Shop {
  readonly slug: string
  readonly name: string
  readonly isolation: 'shared' | 'schema' | 'database'
  readonly trade: Trade
  readonly country: CountryCode
  /** Number of places; each has a till or two. */
  readonly locations: number
  /** Lines of sales in the year that is loaded. */
  readonly lines: number
}

/** What `npm start` creates: a few chains and many small shops, over all isolations. */
export const SHOPS: readonly Shop[] = [
  { slug: 'brotzeit', name: 'Brotzeit Bäckereien', isolation: 'shared', trade: 'bakery', country: 'AT', locations: 4, lines: 3_400 },
  {
    slug: 'northwind-outfitters',
    name: 'Northwind Outfitters',
    isolation: 'schema',
    trade: 'clothing',
    country: 'US',
    locations: 3,
    lines: 4_300,
  },
  {
    slug: 'librairie-lumiere',
    name: 'Librairie Lumière',
    isolation: 'database',
    trade: 'books',
    country: 'FR',
    locations: 3,
    lines: 4_700,
  },
  { slug: 'kaffeekontor', name: 'Kaffeekontor Altona', isolation: 'shared', trade: 'bakery', country: 'DE', locations: 1, lines: 900 },
  { slug: 'green-street-deli', name: 'Green Street Deli', isolation: 'shared', trade: 'bakery', country: 'GB', locations: 1, lines: 820 },
  { slug: 'papierfuchs', name: 'Papierfuchs', isolation: 'shared', trade: 'books', country: 'DE', locations: 1, lines: 640 },
  { slug: 'maple-hardware', name: 'Maple Hardware', isolation: 'shared', trade: 'hardware', country: 'CA', locations: 1, lines: 710 },
  { slug: 'soder-jarn', name: 'Söder Järn & Färg', isolation: 'shared', trade: 'hardware', country: 'SE', locations: 1, lines: 560 },
  { slug: 'alpengluehn', name: 'Alpenglühn Sport', isolation: 'shared', trade: 'clothing', country: 'CH', locations: 1, lines: 480 },
  { slug: 'the-reading-room', name: 'The Reading Room', isolation: 'shared', trade: 'books', country: 'GB', locations: 1, lines: 610 },
  { slug: 'atelier-ines', name: 'Atelier Inès', isolation: 'schema', trade: 'clothing', country: 'FR', locations: 1, lines: 520 },
  { slug: 'bolt-and-nut', name: 'Bolt & Nut', isolation: 'schema', trade: 'hardware', country: 'US', locations: 1, lines: 760 },
  { slug: 'harbour-books', name: 'Harbour Books', isolation: 'schema', trade: 'books', country: 'AU', locations: 1, lines: 690 },
  { slug: 'zuckerl', name: 'Zuckerl Konditorei', isolation: 'database', trade: 'bakery', country: 'AT', locations: 2, lines: 910 },
]
