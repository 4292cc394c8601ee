import { DatabaseError } from 'pg'

/** The SQLSTATE of what PostgreSQL refused; null where it could not be asked. */
export function sqlState(error: unknown): string | null {
  return error instanceof DatabaseError ? (error.code ?? null) : null
}

/** Whether the values are at fault, rather than the database: classes 22 (data exception) and 23 (constraint). */
export function isOfValues(error: unknown): boolean {
  return /^2[23]/.test(sqlState(error) ?? '')
}

/** Whether the same transaction may go well a second time: another was in its way (class 40). */
export function isOfOthers(error: unknown): boolean {
  return sqlState(error)?.startsWith('40') ?? false
}

/** The constraint that was violated, or null. */
export function constraintOf(error: unknown): string | null {
  return error instanceof DatabaseError ? (error.constraint ?? null) : null
}

/** Whether the statement itself is wrong (class 42): no other day makes it better. */
export function isOfProgram(error: unknown): boolean {
  return sqlState(error)?.startsWith('42') ?? false
}
