import { z } from 'zod'

/** An output that was journaled as JSON, made what it was when it was told first: its keys in their order, its dates dates. */
export function asDeclared(schema: z.core.$ZodType, value: unknown): unknown {
  if (value === null || value === undefined) return value
  if (schema instanceof z.ZodObject && typeof value === 'object') {
    const given = value as Readonly<Record<string, unknown>>
    const known = Object.entries(schema.shape).filter(([key]) => Object.hasOwn(given, key))
    const told = known.map(([key, inner]) => [key, asDeclared(inner as z.core.$ZodType, given[key])] as const)
    return { ...Object.fromEntries(told), ...Object.fromEntries(Object.entries(given).filter(([key]) => !(key in schema.shape))) }
  }
  if (schema instanceof z.ZodArray && Array.isArray(value)) return value.map((one) => asDeclared(schema.element, one))
  if (schema instanceof z.ZodNullable || schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) {
    return asDeclared(schema.unwrap() as z.core.$ZodType, value)
  }
  return schema instanceof z.ZodDate && typeof value === 'string' ? new Date(value) : value
}
