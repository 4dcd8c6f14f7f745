import type { TransferTable } from '../model.js'
import { bytesOf, rowsOf, valuesOf } from './copy-text.js'

type Kind = 'BOOLEAN' | 'INT32' | 'INT64' | 'FLOAT' | 'DOUBLE' | 'BYTE_ARRAY' | 'STRING'

const KINDS: Readonly<Record<string, Kind>> = {
  boolean: 'BOOLEAN',
  smallint: 'INT32',
  integer: 'INT32',
  bigint: 'INT64',
  real: 'FLOAT',
  'double precision': 'DOUBLE',
  bytea: 'BYTE_ARRAY',
}

const VALUES: Readonly<Record<Kind, (text: string) => unknown>> = {
  BOOLEAN: (text) => text === 't',
  INT32: Number,
  INT64: BigInt,
  FLOAT: Number,
  DOUBLE: Number,
  BYTE_ARRAY: (text) => Buffer.from(text.slice(2), 'hex'),
  STRING: (text) => bytesOf(text).toString(),
}

// What a row group takes in memory, about.
const GROUP_BYTES = 8 * 1024 * 1024
const GROUP_ROWS = 50_000

/**
 * Parquet, compressed with Snappy. Booleans, integers, floating-point numbers and bytes have types of their own; every other value is a text as PostgreSQL
 * writes it, since Parquet has no `infinity`, no year before Christ, and no number as long as a `numeric` may be. A table without columns gets one that counts.
 */
export async function* parquetOf(
  source: AsyncIterable<Buffer>,
  { name, columns }: TransferTable,
  onRows: (rows: number) => void,
): AsyncGenerator<Buffer, void> {
  // Who exports none never loads it.
  const { ByteWriter, ParquetWriter, schemaFromColumnData } = await import('hyparquet-writer')
  const kinds = columns.map(({ type }) => KINDS[type] ?? 'STRING')
  const specs =
    columns.length === 0 ? [{ name: 'row', type: 'INT64' as const }] : columns.map((column, i) => ({ name: column.name, type: kinds[i]! }))
  const schema = schemaFromColumnData({ columnData: specs.map((spec) => ({ ...spec, data: [] })) })
  const writer = new ByteWriter()
  const file = new ParquetWriter({ writer, schema, createdBy: 'tenantry' })
  const taken = (): Buffer => {
    const bytes = Buffer.from(writer.getBytes())
    writer.index = 0
    return bytes
  }
  let data: unknown[][] = specs.map(() => [])
  let [size, count] = [0, 0]
  const group = async (): Promise<Buffer> => {
    // A dictionary takes -0 for 0.
    const columnData = specs.map((spec, i) => ({
      ...spec,
      data: data[i]!,
      ...(isFloating(spec.type) ? { encoding: 'PLAIN' as const } : {}),
    }))
    await file.write({ columnData, rowGroupSize: GROUP_ROWS })
    data = specs.map(() => [])
    size = 0
    return taken()
  }
  for await (const rows of rowsOf(source, name)) {
    for (const row of rows) {
      count++
      if (columns.length === 0) data[0]!.push(BigInt(count))
      const values = valuesOf(row, columns.length)
      for (let i = 0; i < values.length; i++) data[i]!.push(values[i] === null ? null : VALUES[kinds[i]!](values[i]!))
      size += row.length
      if (size >= GROUP_BYTES || data[0]!.length >= GROUP_ROWS) yield await group()
    }
    onRows(rows.length)
  }
  if (data[0]!.length > 0) yield await group()
  await file.finish()
  yield taken()
}

const isFloating = (kind: Kind): boolean => kind === 'FLOAT' || kind === 'DOUBLE'
