package meter

import "github.com/m-mizutani/AlertResponder/internal/benchmark/bill"

// Kept is what lies in the tables now.
func (d *DynamoDB) Kept() (k bill.Kept) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, t := range d.tables {
		for _, rows := range t.rows {
			for _, row := range rows {
				k.Tables += int64(sizeOf(row) + bill.RowOverhead)
				if p := t.projected(row); p != nil {
					k.Indexes += int64(sizeOf(p) + bill.RowOverhead)
				}
			}
		}
	}
	return k
}
