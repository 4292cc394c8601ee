import type { FastifySchema, FastifySchemaCompiler } from 'fastify'
import { validatorCompiler } from 'fastify-type-provider-zod'
import { z } from 'zod'

type Shape = Readonly<Record<string, z.ZodType>>

/** A query knows only text: what should be a number and looks like one is one. */
export const withNumbers: FastifySchemaCompiler<FastifySchema> = (route) => {
  const validate = validatorCompiler(route as unknown as Parameters<typeof validatorCompiler>[0])
  if (route.httpPart !== 'querystring') return validate
  const shape = (route.schema as unknown as z.ZodObject).shape as Shape
  return (query: Record<string, unknown>) => {
    const entries = Object.entries(query).map(([name, value]) => [
      name,
      isNumber(shape[name]) ? numberOf(value) : value,
    ])
    return validate(Object.fromEntries(entries))
  }
}

function isNumber(schema: z.ZodType | undefined): boolean {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional) return isNumber(schema.unwrap() as z.ZodType)
  return schema instanceof z.ZodNumber
}

function numberOf(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value
}
