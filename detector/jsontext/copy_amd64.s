#include "textflag.h"

// func copyBlock(dst, src *[32]byte) (special uint32)
TEXT ·copyBlock(SB), NOSPLIT, $0-20
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI

	MOVOU (SI), X0
	MOVOU 16(SI), X1
	MOVOU X0, (DI)
	MOVOU X1, 16(DI)

	MOVQ       $0x2222222222222222, AX // "
	MOVQ       AX, X2
	PUNPCKLQDQ X2, X2
	MOVQ       $0x5c5c5c5c5c5c5c5c, AX // \
	MOVQ       AX, X3
	PUNPCKLQDQ X3, X3

	MOVO     X0, X4
	PCMPEQB  X2, X4
	PCMPEQB  X3, X0
	POR      X4, X0
	PMOVMSKB X0, AX
	PCMPEQB  X1, X2
	PCMPEQB  X1, X3
	POR      X3, X2
	PMOVMSKB X2, BX
	SHLL     $16, BX
	ORL      BX, AX
	MOVL     AX, special+16(FP)
	RET
