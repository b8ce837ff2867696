import * as SearchPg from "../../src/storage/search/pg/SearchPg.ts"
import { searchSuite } from "./search.ts"
import { searchTruthSuite } from "./searchTruth.ts"

searchSuite("Postgres", SearchPg.layer)
searchTruthSuite("Postgres", SearchPg.layer)
searchTruthSuite("Postgres, in a mailbox that is large for it", SearchPg.layerWith({ newest: 3 }))
