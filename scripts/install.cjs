// Installs the packages when they are missing or changed, and does nothing else.
const { ensureInstalled, requireNode } = require("./setup.cjs")

requireNode()
ensureInstalled()
