import { type DOMOutputSpec, Schema } from "prosemirror-model"

const text = (value: unknown): string => (typeof value === "string" ? value : "")
const attribute = (name: string) => (node: HTMLElement) => ({ [name]: node.getAttribute(name) ?? "" })

/** Blocks of other programs hold blocks; one that does not is a paragraph. */
const isParagraph = (node: HTMLElement) =>
  node.querySelector("div, p, ul, ol, blockquote, pre, table") ? false : null

/** What can be written. Programs for mail show a `div` for each line alike; the margins of `p` they do not. */
export const schema = new Schema({
  nodes: {
    doc: { content: "block+" },
    paragraph: {
      group: "block",
      content: "inline*",
      parseDOM: [{ tag: "p" }, { tag: "div", getAttrs: isParagraph }],
      toDOM: (): DOMOutputSpec => ["div", 0]
    },
    blockquote: {
      group: "block",
      content: "block+",
      defining: true,
      parseDOM: [{ tag: "blockquote" }],
      toDOM: (): DOMOutputSpec => [
        "blockquote",
        { style: "margin: 0 0 0 0.8ex; border-left: 2px solid #c0c6d0; padding-left: 1ex" },
        0
      ]
    },
    heading: {
      group: "block",
      content: "inline*",
      defining: true,
      attrs: { level: { default: 2 } },
      parseDOM: [1, 2, 3].map((level) => ({ tag: `h${level}`, attrs: { level } })),
      toDOM: ({ attrs }): DOMOutputSpec => [`h${Number(attrs["level"])}`, 0]
    },
    pre: {
      group: "block",
      content: "text*",
      marks: "",
      code: true,
      parseDOM: [{ tag: "pre", preserveWhitespace: "full" }],
      toDOM: (): DOMOutputSpec => ["pre", 0]
    },
    rule: { group: "block", parseDOM: [{ tag: "hr" }], toDOM: (): DOMOutputSpec => ["hr"] },
    ordered_list: {
      group: "block",
      content: "list_item+",
      parseDOM: [{ tag: "ol" }],
      toDOM: (): DOMOutputSpec => ["ol", 0]
    },
    bullet_list: {
      group: "block",
      content: "list_item+",
      parseDOM: [{ tag: "ul" }],
      toDOM: (): DOMOutputSpec => ["ul", 0]
    },
    list_item: {
      content: "paragraph block*",
      defining: true,
      parseDOM: [{ tag: "li" }],
      toDOM: (): DOMOutputSpec => ["li", 0]
    },
    text: { group: "inline" },
    picture: {
      group: "inline",
      inline: true,
      draggable: true,
      attrs: { src: { default: "" }, alt: { default: "" } },
      parseDOM: [
        {
          tag: "img[src^='cid:']",
          getAttrs: (node) => ({ ...attribute("src")(node), ...attribute("alt")(node) })
        },
        {
          tag: "img[src^='http']",
          getAttrs: (node) => ({ ...attribute("src")(node), ...attribute("alt")(node) })
        }
      ],
      toDOM: ({ attrs }): DOMOutputSpec => ["img", { src: text(attrs["src"]), alt: text(attrs["alt"]) }]
    },
    hard_break: {
      group: "inline",
      inline: true,
      selectable: false,
      parseDOM: [{ tag: "br" }],
      toDOM: (): DOMOutputSpec => ["br"]
    }
  },
  marks: {
    link: {
      attrs: { href: {} },
      inclusive: false,
      parseDOM: [{ tag: "a[href]", getAttrs: (node) => attribute("href")(node) }],
      toDOM: ({ attrs }): DOMOutputSpec => ["a", { href: text(attrs["href"]), rel: "noopener noreferrer" }, 0]
    },
    colour: {
      attrs: { colour: {} },
      parseDOM: [
        { style: "color", getAttrs: (colour) => (/^(#|rgb)/.test(colour) ? { colour } : false) },
        { tag: "font[color]", getAttrs: (node) => ({ colour: node.getAttribute("color") ?? "" }) }
      ],
      toDOM: ({ attrs }): DOMOutputSpec => ["span", { style: `color: ${text(attrs["colour"])}` }, 0]
    },
    strong: {
      parseDOM: [
        { tag: "strong" },
        { tag: "b", getAttrs: (node) => (node.style.fontWeight === "normal" ? false : null) },
        { style: "font-weight", getAttrs: (weight) => (/^(bold|[6-9]00)/.test(weight) ? null : false) }
      ],
      toDOM: (): DOMOutputSpec => ["strong", 0]
    },
    em: {
      parseDOM: [{ tag: "em" }, { tag: "i" }, { style: "font-style=italic" }],
      toDOM: (): DOMOutputSpec => ["em", 0]
    },
    underline: {
      parseDOM: [{ tag: "u" }, { style: "text-decoration=underline" }],
      toDOM: (): DOMOutputSpec => ["u", 0]
    },
    strike: {
      parseDOM: [{ tag: "s" }, { tag: "strike" }, { tag: "del" }],
      toDOM: (): DOMOutputSpec => ["s", 0]
    }
  }
})
