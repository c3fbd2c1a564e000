import { subjects } from "./servers.ts"
import { suite } from "./suite.ts"

for (const subject of subjects) suite(subject)
