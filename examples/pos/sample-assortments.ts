export type Trade = 'bakery' | 'clothing' | 'books' | 'hardware'

export interface Article {
  readonly name: string
  /** The categories from the root down. */
  readonly category: readonly string[]
  readonly price: number
  readonly tax: 'standard' | 'reduced'
  readonly unit: 'each' | 'kg' | 'm'
  /** Sizes, colours, bindings; one without a name when there are none. */
  readonly variants: readonly string[]
}

export interface Assortment {
  readonly brands: readonly string[]
  readonly suppliers: readonly string[]
  readonly articles: readonly Article[]
}

const articles = (
  category: string,
  tax: Article['tax'],
  list: string,
  { unit = 'each', variants = '' }: { unit?: Article['unit']; variants?: string } = {},
): readonly Article[] =>
  list.split('|').map((entry) => {
    const [name = '', price = '1'] = entry.split(':')
    return { name, category: category.split('/'), price: Number(price), tax, unit, variants: variants.split(',') }
  })

const SIZES = { variants: 'S,M,L,XL' }
const SHOES = { variants: '38,40,42,44' }
const BINDINGS = { variants: 'paperback,hardcover' }
const TINS = { variants: '0.75 l,2.5 l' }

export const ASSORTMENTS: Readonly<Record<Trade, Assortment>> = {
  bakery: {
    brands: ['House', 'Mill No. 5'],
    suppliers: ['Mühle Sonnberg', 'Roastery Three', 'Dairy Collective'],
    articles: [
      ...articles('Bread/Loaves', 'reduced', 'Rye loaf:4.9|Spelt loaf:5.6|Sourdough:5.2|Walnut bread:6.1|Baguette:2.4'),
      ...articles('Bread/Rolls', 'reduced', 'Kaiser roll:0.65|Pretzel:1.1|Poppy roll:0.9|Seed roll:1.15'),
      ...articles('Pastry', 'reduced', 'Croissant:1.9|Apple strudel:3.6|Cinnamon bun:2.8|Cheesecake slice:3.9|Linzer torte slice:3.7'),
      ...articles('Pastry/Biscuits', 'reduced', 'Vanilla crescents:28.0|Almond biscotti:24.5', { unit: 'kg' }),
      ...articles('Drinks/Coffee', 'standard', 'Espresso:2.6|Flat white:3.8|Cappuccino:3.6|Filter coffee:3.1', { variants: 'small,large' }),
      ...articles('Drinks/Cold', 'standard', 'Apple juice:2.9|Lemonade:3.2|Mineral water:2.2'),
      ...articles('Pantry', 'reduced', 'Apricot jam:5.9|Forest honey:8.4|Coffee beans 250 g:9.8'),
    ],
  },
  clothing: {
    brands: ['Northfold', 'Harbour & Pine', 'Kestrel'],
    suppliers: ['Textilwerk Nord', 'Porto Weavers', 'Outdoor Supply Co.'],
    articles: [
      ...articles('Women/Tops', 'standard', 'Linen shirt:59|Merino tee:45|Ribbed jumper:79', SIZES),
      ...articles('Women/Bottoms', 'standard', 'Wide trousers:89|Denim skirt:65', SIZES),
      ...articles('Men/Tops', 'standard', 'Oxford shirt:69|Henley:39|Wool cardigan:109', SIZES),
      ...articles('Men/Bottoms', 'standard', 'Chinos:79|Selvedge jeans:129', SIZES),
      ...articles('Outdoor/Jackets', 'standard', 'Rain shell:189|Down vest:149|Fleece:95', SIZES),
      ...articles('Outdoor/Shoes', 'standard', 'Trail runner:135|Hiking boot:219', SHOES),
      ...articles('Accessories', 'standard', 'Wool socks:18|Leather belt:49|Beanie:29|Tote bag:25|Gift card sleeve:3'),
    ],
  },
  books: {
    brands: ['Editions du Quai', 'Lantern Press', 'Fuchsbau'],
    suppliers: ['Barsortiment Süd', 'Gardners & Sons', 'Diffusion Étoile'],
    articles: [
      ...articles(
        'Fiction/Novels',
        'reduced',
        'The Salt Road:14.9|Winter Letters:12.5|A House of Rivers:16.9|Nine Lamps:13.9|The Cartographer:15.5',
        BINDINGS,
      ),
      ...articles('Fiction/Crime', 'reduced', 'Dead Reckoning:11.9|The Quiet Ferry:12.9|Ash Wednesday:10.9|Cold Harbour:13.5', BINDINGS),
      ...articles(
        'Non-fiction/History',
        'reduced',
        'Roads of the Hanse:24.0|The Paper Empire:28.0|A Short History of Bread:19.9',
        BINDINGS,
      ),
      ...articles('Non-fiction/Nature', 'reduced', 'Field Guide to Birds:22.5|Moss and Lichen:18.0|Reading the Weather:17.5'),
      ...articles('Children', 'reduced', 'The Fox Who Counted:12.0|Goodnight Harbour:13.0|My First Atlas:16.0|Dragons of Tuesday:9.9'),
      ...articles('Stationery', 'standard', 'Notebook A5:8.9|Fountain pen:34.0|Wrapping paper:4.2|Postcard:1.8|Calendar:19.0'),
    ],
  },
  hardware: {
    brands: ['Ironwood', 'Fjell', 'Prova'],
    suppliers: ['Eisen Hofer', 'Nordic Paint', 'Fasteners Direct'],
    articles: [
      ...articles(
        'Tools/Hand tools',
        'standard',
        'Claw hammer:24.9|Screwdriver set:32.0|Combination pliers:19.5|Hand saw:27.0|Spirit level:22.0',
      ),
      ...articles('Tools/Power tools', 'standard', 'Cordless drill:149|Orbital sander:89|Jigsaw:99'),
      ...articles('Fasteners', 'standard', 'Wood screws:7.9|Wall plugs:4.5|Hex bolts:9.2|Nails:5.1', { variants: '4 mm,6 mm,8 mm' }),
      ...articles('Paint/Interior', 'standard', 'Wall white:29.0|Clay green:36.0|Primer:21.0', TINS),
      ...articles('Garden', 'standard', 'Spade:34.0|Watering can:18.5|Garden hose:2.9|Secateurs:26.0'),
      ...articles('Materials', 'standard', 'Steel cable:3.4|Canvas:11.5|Chain:6.8', { unit: 'm' }),
      ...articles('Garden/Seeds', 'reduced', 'Tomato seeds:3.2|Basil seeds:2.6|Meadow mix:6.4'),
    ],
  },
}
