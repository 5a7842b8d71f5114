package history

// A group is the actors that have a value: those at an address, and those who have made
// a call in an account.
const (
	groupKey    = 0 // 64 bits
	groupTotal  = 2 // how many actors
	groupNewest = 3 // the newest day of a success, in days since 1970
	groupDays   = 4 // how many of them were last seen on that day, in 8 words: the day modulo 8
	groupStride = 12

	days = 8
	day  = 24 * 3600
)

// joinGroup adds a value to the group with that digest, at that time.
func (h *History) joinGroup(v int, key uint64, at uint32) {
	place, row := h.groupIndex.find(key, &h.groups, groupStride)
	if row < 0 {
		if int(h.meta.w[metaGroups]) >= h.limit*groupsOfActor {
			return
		}
		row = h.take(&h.groups, groupStride, h.limit*groupsOfActor, metaGroupsUsed, metaGroupsFree)
		h.set(&h.groupIndex.words, place, uint32(row)+1)
		h.set(&h.meta, metaGroups, h.meta.w[metaGroups]+1)
		for i := range groupStride {
			h.set(&h.groups, row*groupStride+i, 0)
		}
		h.set64(&h.groups, row*groupStride, key)
	}
	g := row * groupStride
	h.set(&h.values, v+valueGroup, uint32(row)+1)
	h.set(&h.groups, g+groupTotal, h.groups.w[g+groupTotal]+1)
	h.count(g, at/day, 1)
}

// count adds n to the actors of a group that were last seen on a day.
func (h *History) count(g int, on uint32, n int) {
	newest := h.groups.w[g+groupNewest]
	if on > newest {
		for d := max(newest+1, on-min(on, days-1)); d <= on; d++ {
			h.set(&h.groups, g+groupDays+int(d%days), 0)
		}
		h.set(&h.groups, g+groupNewest, on)
	} else if newest-on >= days {
		return
	}
	at := g + groupDays + int(on%days)
	h.set(&h.groups, at, uint32(max(int(h.groups.w[at])+n, 0)))
}

// leaveGroup removes a value from its group.
func (h *History) leaveGroup(v int) {
	row := int(h.values.w[v+valueGroup]) - 1
	if row < 0 {
		return
	}
	g := row * groupStride
	h.count(g, h.values.w[v+valueLast]/day, -1)
	h.set(&h.groups, g+groupTotal, h.groups.w[g+groupTotal]-1)
	if h.groups.w[g+groupTotal] > 0 {
		return
	}
	place, _ := h.groupIndex.find(h.groups.get64(g), &h.groups, groupStride)
	h.remove(&h.groupIndex, place, &h.groups, groupStride)
	h.give(&h.groups, row, groupStride, metaGroupsFree)
	h.set(&h.meta, metaGroups, h.meta.w[metaGroups]-1)
}

// findGroup returns the offset of a group, or -1.
func (h *History) findGroup(key uint64) int {
	_, row := h.groupIndex.find(key, &h.groups, groupStride)
	if row < 0 {
		return -1
	}
	return row * groupStride
}

// recent7 returns how many actors of a group were seen on that day or in the seven days
// before.
func (h *History) recent7(g int, on uint32) (n int) {
	newest := h.groups.w[g+groupNewest]
	for d := on - min(on, days-1); d <= on; d++ {
		if d <= newest && newest-d < days {
			n += int(h.groups.w[g+groupDays+int(d%days)])
		}
	}
	return n
}
