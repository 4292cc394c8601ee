/** A list of so many names, as the administration tells it, and what was asked of it. */
export function listOf(total: number) {
  const names = Array.from({ length: total }, (_, index) => `user-${String(index).padStart(6, '0')}`)
  const asked: string[] = []
  const call = async (_method: string, path: string) => {
    asked.push(path)
    const query = new URLSearchParams(path.split('?')[1])
    const [after, limit] = [query.get('after') ?? '', Number(query.get('limit'))]
    const behind = names.filter((name) => name > after)
    return { users: behind.slice(0, limit), more: behind.length > limit }
  }
  return { names, asked, connection: { call, close: async () => {} } }
}

export const USERS = {
  path: '/admin/users',
  member: 'users',
  query: { role: undefined, colour: 'a&b' },
  cursorOf: (name: string) => name,
}
