// Draws the icons of the installable page from web/public/favicon.svg: node scripts/icons.cjs (needs Debian's chromium).
const { readFileSync, writeFileSync } = require("node:fs")
const { join } = require("node:path")
const { chromium } = require("playwright-core")

const folder = join(__dirname, "..", "web", "public")
const svg = readFileSync(join(folder, "favicon.svg"), "utf8")
const tile = "#0f6cbd"

/** A maskable icon is cut to whatever shape: its ground goes to the edges, what it says stays in the middle. */
const icons = [
  { name: "icon-192.png", size: 192, ground: "transparent", scale: 1 },
  { name: "icon-512.png", size: 512, ground: "transparent", scale: 1 },
  { name: "icon-maskable-512.png", size: 512, ground: tile, scale: 0.8 }
]

const main = async () => {
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] })
  for (const { name, size, ground, scale } of icons) {
    const page = await browser.newPage({ viewport: { width: size, height: size } })
    await page.setContent(
      `<body style="margin:0;background:${ground};display:grid;place-content:center;height:100vh">
        <div style="width:${size * scale}px;height:${size * scale}px">${svg}</div></body>`
    )
    writeFileSync(join(folder, name), await page.screenshot({ omitBackground: true }))
    await page.close()
  }
  await browser.close()
}

void main()
