import bcrypt from 'bcryptjs'

export interface HashTask {
  readonly password: string
  readonly cost: number
}

export interface CompareTask {
  readonly password: string
  readonly hash: string
}

/** Runs in a worker thread, where blocking is the point: bcryptjs is faster without its pauses. */
export function hash({ password, cost }: HashTask): string {
  return bcrypt.hashSync(password, cost)
}

export function compare({ password, hash }: CompareTask): boolean {
  return bcrypt.compareSync(password, hash)
}
