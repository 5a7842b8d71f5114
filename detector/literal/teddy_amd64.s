#include "textflag.h"

// LOOKUP looks up 32 bytes of DATA: LOW and HIGH are the tables of their low and
// high halves, Y6 has 15 in each byte. OUT has the buckets; TMP is clobbered.
#define LOOKUP(DATA, LOW, HIGH, OUT, TMP) \
	VPSRLW  $4, DATA, TMP  \
	VPAND   Y6, DATA, OUT  \
	VPAND   Y6, TMP, TMP   \
	VPSHUFB OUT, LOW, OUT  \
	VPSHUFB TMP, HIGH, TMP \
	VPAND   TMP, OUT, OUT

// func findCandidatesAVX2(t *tables, b *byte, last int, candidates *[32]byte) (begin int)
TEXT ·findCandidatesAVX2(SB), NOSPLIT, $0-40
	MOVQ t+0(FP), AX
	MOVQ b+8(FP), SI
	MOVQ last+16(FP), CX
	MOVQ candidates+24(FP), DI

	VMOVDQU      0(AX), Y0
	VMOVDQU      32(AX), Y1
	VMOVDQU      64(AX), Y2
	VMOVDQU      96(AX), Y3
	VMOVDQU      128(AX), Y4
	VMOVDQU      160(AX), Y5
	MOVQ         $15, BX
	VMOVQ        BX, X6
	VPBROADCASTB X6, Y6
	XORQ         DX, DX

	// Two blocks at a time; the third byte of the fingerprints is looked up only if
	// there are candidates after the first two.
	LEAQ -32(CX), R8

two:
	CMPQ    DX, R8
	JGT     one
	VMOVDQU 0(SI)(DX*1), Y7
	LOOKUP(Y7, Y0, Y3, Y8, Y9)
	VMOVDQU 1(SI)(DX*1), Y7
	LOOKUP(Y7, Y1, Y4, Y10, Y9)
	VPAND   Y10, Y8, Y8
	VMOVDQU 32(SI)(DX*1), Y7
	LOOKUP(Y7, Y0, Y3, Y11, Y9)
	VMOVDQU 33(SI)(DX*1), Y7
	LOOKUP(Y7, Y1, Y4, Y12, Y9)
	VPAND   Y12, Y11, Y11
	VPOR    Y8, Y11, Y9
	VPTEST  Y9, Y9
	JNZ     third
	ADDQ    $64, DX
	JMP     two

third:
	VMOVDQU 2(SI)(DX*1), Y7
	LOOKUP(Y7, Y2, Y5, Y10, Y9)
	VPAND   Y10, Y8, Y8
	VPTEST  Y8, Y8
	JNZ     found
	VMOVDQU 34(SI)(DX*1), Y7
	LOOKUP(Y7, Y2, Y5, Y12, Y9)
	VPAND   Y12, Y11, Y8
	VPTEST  Y8, Y8
	JNZ     second
	ADDQ    $64, DX
	JMP     two

second:
	ADDQ $32, DX
	JMP  found

one:
	CMPQ    DX, CX
	JGT     done
	VMOVDQU 0(SI)(DX*1), Y7
	LOOKUP(Y7, Y0, Y3, Y8, Y9)
	VMOVDQU 1(SI)(DX*1), Y7
	LOOKUP(Y7, Y1, Y4, Y10, Y9)
	VPAND   Y10, Y8, Y8
	VMOVDQU 2(SI)(DX*1), Y7
	LOOKUP(Y7, Y2, Y5, Y10, Y9)
	VPAND   Y10, Y8, Y8
	VPTEST  Y8, Y8
	JNZ     found
	ADDQ    $32, DX
	JMP     one

found:
	VMOVDQU Y8, (DI)

done:
	VZEROUPPER
	MOVQ DX, begin+32(FP)
	RET
