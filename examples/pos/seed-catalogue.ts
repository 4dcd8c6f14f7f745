import { type Scope, sql } from 'tenantry'
import { copyRows, insertRows } from './insert-rows.js'
import { type Article, ASSORTMENTS } from './sample-assortments.js'
import type { Sample } from './seed-shop.js'

/** What is sold. */
export interface Variant {
  readonly id: string
  readonly description: string
  readonly unit: Article['unit']
  readonly tracksStock: boolean
  readonly supplier: string
  /** How often it sells, compared with the others. */
  readonly popularity: number
  readonly price: string
  readonly priceBefore: string
  /** The day from which `price` holds. */
  readonly priceDay: number
}

const CURRENCY_FACTOR: Readonly<Record<string, number>> = { SEK: 11 }

export async function seedCatalogue(tx: Scope, sample: Sample): Promise<readonly Variant[]> {
  const { shop, random, currency, year } = sample
  const assortment = ASSORTMENTS[shop.trade]
  const categories = await seedCategories(tx, assortment.articles)
  const classes = new Map(
    (await tx.rows(sql<{ code: string; id: string }>`select code, id from tax_classes`)).map((row) => [row.code, row.id]),
  )
  const suppliers = await insertRows(
    tx,
    'suppliers',
    'code',
    assortment.suppliers.map((name, i) => ({
      code: `S${i + 1}`,
      name,
      currency,
      email: `orders@${slugOf(name).replaceAll('_', '-')}.example`,
      payment_terms_days: random.pick([14, 30, 60]),
    })),
  )

  // A chain has every article from two makers.
  const makers = shop.lines > 2_000 ? assortment.brands.slice(0, 2) : [undefined]
  const articles = assortment.articles
    .flatMap((article) =>
      makers.map((maker) => ({
        ...article,
        brand: maker ?? random.pick(assortment.brands),
        name: maker === undefined ? article.name : `${maker} ${article.name}`,
      })),
    )
    .map((article, i) => ({
      ...article,
      code: `P${String(i + 1).padStart(4, '0')}`,
      supplier: suppliers.get(`S${(i % suppliers.size) + 1}`)!,
      tracksStock: article.category[1] !== 'Coffee',
    }))
  const products = await insertRows(
    tx,
    'products',
    'code',
    articles.map((article) => ({
      code: article.code,
      name: article.name,
      brand: article.brand,
      category_id: categories.get(pathOf(article.category))!,
      tax_class_id: classes.get(article.tax)!,
      unit: article.unit,
      tracks_stock: article.tracksStock,
      attributes: {},
      created_at: year.at(0, 0),
      updated_at: year.at(0, 0),
    })),
  )

  const factor = (CURRENCY_FACTOR[currency] ?? 1) * (0.95 + random.next() * 0.2)
  const drafts = articles.flatMap((article) =>
    article.variants.map((name, i) => {
      const price = article.price * factor * (1 + (article.variants.length > 1 ? i * 0.08 : 0))
      const before = random.chance(0.4) ? price * 0.94 : price
      return {
        article,
        name,
        sku: `${article.code}-${i + 1}`,
        price: rounded(price),
        before: rounded(before),
        priceDay: random.int(60, 300),
        popularity: random.next() ** 2 + 0.05,
      }
    }),
  )
  const ids = await insertRows(
    tx,
    'product_variants',
    'sku',
    drafts.map(({ article, name, sku }) => ({
      sku,
      product_id: products.get(article.code)!,
      name,
      options: name === '' ? {} : { kind: name },
      created_at: year.at(0, 0),
      updated_at: year.at(0, 0),
    })),
  )
  await copyRows(
    tx,
    'product_barcodes',
    drafts.map(({ sku }, i) => ({ code: gtin(`29${String(i + 1).padStart(10, '0')}`), variant_id: ids.get(sku)!, kind: 'gtin' })),
  )
  await copyRows(
    tx,
    'product_prices',
    drafts.flatMap(({ sku, price, before, priceDay }) => {
      const row = { variant_id: ids.get(sku)!, currency }
      if (before === price) return [{ ...row, price, valid_during: `[${year.at(0, 0)},)` }]
      return [
        { ...row, price: before, valid_during: `[${year.at(0, 0)},${year.at(priceDay, 0)})` },
        { ...row, price, valid_during: `[${year.at(priceDay, 0)},)` },
      ]
    }),
  )
  await copyRows(
    tx,
    'supplier_products',
    drafts.map(({ article, sku, before }) => ({
      supplier_id: article.supplier,
      variant_id: ids.get(sku)!,
      supplier_sku: `X-${sku}`,
      unit_cost: (Number(before) * 0.55).toFixed(4),
      lead_time_days: 5,
      is_preferred: true,
    })),
  )
  await seedPromotion(tx, categories.get(pathOf(articles[0]!.category.slice(0, 1)))!)

  return drafts.map(({ article, name, sku, price, before, priceDay, popularity }) => ({
    id: ids.get(sku)!,
    description: `${article.name} ${name}`.trim(),
    unit: article.unit,
    tracksStock: article.tracksStock,
    supplier: article.supplier,
    popularity,
    price,
    priceBefore: before,
    priceDay: before === price ? 0 : priceDay,
  }))
}

/** Roots first, since a branch names its parent. */
async function seedCategories(tx: Scope, articles: readonly Article[]): Promise<ReadonlyMap<string, string>> {
  const known = new Map<string, string>()
  const branches = new Map(
    articles.flatMap(({ category }) =>
      category.map((_, depth) => [pathOf(category.slice(0, depth + 1)), category.slice(0, depth + 1)] as const),
    ),
  )
  for (const depth of [1, 2]) {
    const level = [...branches].filter(([, names]) => names.length === depth)
    const inserted = await insertRows(
      tx,
      'categories',
      'path',
      level.map(([path, names], position) => ({
        path,
        slug: slugOf(names.at(-1)!),
        name: names.at(-1)!,
        parent_id: known.get(pathOf(names.slice(0, -1))) ?? null,
        position,
      })),
    )
    for (const [path, id] of inserted) known.set(path, id)
  }
  return known
}

async function seedPromotion(tx: Scope, category: string): Promise<void> {
  await tx.run(sql`
    with promotion as (
      insert into promotions (name, coupon_code, kind, value, minimum_total)
      values ('Welcome', 'WELCOME10', 'percent', 10, 20)
      returning id
    )
    insert into promotion_targets (promotion_id, category_id)
    select id, ${category} from promotion`)
}

const slugOf = (name: string): string =>
  name
    .toLowerCase()
    .normalize('NFD')
    .replace(/[^a-z0-9 -]/g, '')
    .trim()
    .replace(/[ -]+/g, '_')

const pathOf = (names: readonly string[]): string => names.map(slugOf).join('.')

/** To five hundredths, as price tags have it. */
const rounded = (price: number): string => (Math.max(1, Math.round(price * 20)) / 20).toFixed(2)

function gtin(digits: string): string {
  const sum = [...digits].reduce((total, digit, i) => total + Number(digit) * ((digits.length - i) % 2 === 1 ? 3 : 1), 0)
  return `${digits}${(10 - (sum % 10)) % 10}`
}
