import { Marked } from 'marked'

const STYLE = `
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; color: #222; background: #fff; }
h2 { margin-top: 3rem; border-bottom: 1px solid #ccc; }
h3 { margin-top: 2.5rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; font-size: .9rem; }
th, td { border-bottom: 1px solid #ddd; padding: .3rem .6rem .3rem 0; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
td:first-child { white-space: nowrap; }
pre { background: #f5f5f5; padding: .8rem; overflow: auto; font-size: .85rem; }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #181818; } a { color: #8ab4f8; } pre { background: #242424; } }
`

/** A text in Markdown as a page of HTML, whose headings can be linked to; it loads nothing. */
export function markdownPage(title: string, markdown: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
${new Marked({ async: false, renderer: { heading } }).parse(markdown) as string}
</body>
</html>
`
}

function heading({ text, depth }: { readonly text: string; readonly depth: number }): string {
  return `<h${depth} id="${text.replaceAll(' ', '-')}">${text}</h${depth}>\n`
}
