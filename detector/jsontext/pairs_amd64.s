#include "go_asm.h"
#include "textflag.h"

// What follows a string: its closing quote and what is behind it, as little-endian
// words.
#define COLON_QUOTE       $0x223a22   // ":"
#define COLON_SPACE_QUOTE $0x22203a22 // ": "
#define COMMA_QUOTE       $0x222c22   // ","

// TURN makes COLON_QUOTE of COMMA_QUOTE and the other way round.
#define TURN $0x001600

// MARKS sets bits in R12, the lowest for the first of the 64 bytes at P, where there is
// a quote or a backslash, of which there are 16 in X2 and in X3. R11, CX, X0, X1 and X4
// are clobbered.
#define MARKS16(P, OUT) \
	MOVOU    P, X0   \
	MOVO     X0, X1  \
	PCMPEQB  X2, X0  \
	PCMPEQB  X3, X1  \
	POR      X1, X0  \
	PMOVMSKB X0, OUT

#define MARKS(P) \
	MARKS16(48(P), R12) \
	SHLQ $16, R12       \
	MARKS16(32(P), R11) \
	ORQ  R11, R12       \
	SHLQ $16, R12       \
	MARKS16(16(P), R11) \
	ORQ  R11, R12       \
	SHLQ $16, R12       \
	MARKS16((P), R11)   \
	ORQ  R11, R12

// NEXT removes the lowest bit from R12.
#define NEXT \
	LEAQ -1(R12), R11 \
	ANDQ R11, R12

// PUSH opens a container behind R10/2 members of the one around it, or jumps if there
// are too many.
#define PUSH(CODE, TOODEEP) \
	MOVQ   nesting_depth(R14), CX             \
	CMPQ   CX, $const_MaxDepth                \
	JEQ    TOODEEP                            \
	MOVQ   dst_base+8(FP), R11                \
	MOVQ   nesting_header(R14), AX            \
	MOVQ   AX, (nesting_open-8)(R14)(CX*8)    \
	SHRQ   $1, R10                            \
	BSWAPL R10                                \
	MOVL   R10, 1(R11)(AX*1)                  \
	INCQ   CX                                 \
	MOVQ   CX, nesting_depth(R14)             \
	MOVQ   DI, AX                             \
	SUBQ   R11, AX                            \
	MOVQ   AX, nesting_header(R14)            \
	MOVB   CODE, (DI)                         \
	ADDQ   $5, DI                             \
	XORL   R10, R10

// func appendPairs(n *nesting, dst, text []byte, i int) (size, end int, at place)
//
// R14 is n.
// SI is the address of the 64 bytes that are being looked at, R12 has the quotes and
// backslashes among them that are still to come.
// DX is the quote that begins a string, BX the quote that ends it.
// R10 is twice the number of complete pairs, and one more if what is next is a value.
// R13 is what follows the string if nothing is unusual.
// DI is the end of the result. From one string to the next less than Room bytes are
// written behind it, and R8 is the last place with so much room.
// R9 is 36 bytes before the end of the text: from a string that begins there 32 bytes
// can be read, and four from its end on if it has at most 31.
TEXT ·appendPairs(SB), NOSPLIT, $0-81
	MOVQ n+0(FP), R14
	MOVQ dst_base+8(FP), DI
	MOVQ dst_cap+24(FP), R8
	ADDQ DI, R8
	SUBQ $const_Room, R8
	ADDQ dst_len+16(FP), DI
	MOVQ text_base+32(FP), DX
	MOVQ text_len+40(FP), R9
	ADDQ DX, R9
	SUBQ $36, R9
	ADDQ i+56(FP), DX
	MOVQ nesting_count(R14), R10
	ADDQ R10, R10
	MOVL COLON_QUOTE, R13

	MOVQ       $0x2222222222222222, AX // "
	MOVQ       AX, X2
	PUNPCKLQDQ X2, X2
	MOVQ       $0x5c5c5c5c5c5c5c5c, AX // \
	MOVQ       AX, X3
	PUNPCKLQDQ X3, X3

	CMPQ text_len+40(FP), $64
	JLT  leave
	LEAQ -64(DX), SI

fill: // look at the next 64 bytes, or at what is left
	ADDQ $64, SI
	LEAQ -28(R9), AX
	CMPQ SI, AX
	JHI  last
	MARKS(SI)
	JMP  begin

last:
	LEAQ  36(R9), CX
	CMPQ  SI, CX
	JCC   leave
	MARKS(AX)
	MOVQ  SI, CX
	SUBQ  AX, CX
	SHRQ  CX, R12

begin: // without what is before the string, and its quote
	MOVQ DX, CX
	SUBQ SI, CX
	JLT  string // by less than 64 bytes, or R12 is 0
	MOVQ $-2, R11
	SHLQ CX, R11
	ANDQ R11, R12

string: // begins with the quote at DX, which is no longer in R12
	BSFQ  R12, BX
	JEQ   fill
	ADDQ  SI, BX
	NEXT
	CMPQ  DX, R9
	JHI   leave
	CMPQ  DI, R8
	JHI   leave
	MOVOU 1(DX), X0
	MOVOU 17(DX), X1
	MOVOU X0, 1(DI)
	MOVOU X1, 17(DI)
	MOVQ  BX, AX
	SUBQ  DX, AX
	DECQ  AX
	CMPQ  AX, $31
	JHI   long
	LEAL  0xa0(AX), R11
	MOVB  R11, (DI)
	LEAQ  1(DI)(AX*1), DI

behind: // has AX bytes and ends at BX
	NEXT // the quote of the next one
	MOVL (BX), CX
	MOVL CX, R11
	ANDL $0xffffff, R11
	CMPL R11, R13
	JNE  unusual
	LEAQ 2(BX), DX
	XORL TURN, R13
	INCQ R10
	JMP  string

long: // 32 bytes or more, the first of them in X0 and X1
	CMPQ  AX, $255
	JHI   leave
	LEAQ  20(R9), R11
	CMPQ  BX, R11
	JHI   leave
	LEAQ  (DI)(AX*1), R11
	CMPQ  R11, R8
	JHI   leave
	MOVB  $const_codeStr8, (DI)
	MOVB  AX, 1(DI)
	MOVOU X0, 2(DI)
	MOVOU X1, 18(DI)
	MOVL  $32, R11

more:
	CMPQ  R11, AX
	JGE   copied
	MOVOU 1(DX)(R11*1), X0
	MOVOU X0, 2(DI)(R11*1)
	ADDQ  $16, R11
	JMP   more

copied:
	LEAQ 2(DI)(AX*1), DI
	JMP  behind

unusual:
	CMPB  CX, $0x22
	JNE   undo
	TESTL $1, R10
	JNE   end
	CMPL  CX, COLON_SPACE_QUOTE
	JNE   noString
	LEAQ  3(BX), DX
	MOVL  COMMA_QUOTE, R13
	INCQ  R10
	JMP   string

noString: // but something else behind a key
	SHRL $8, CX
	CMPB CX, $0x3a // :
	JNE  undo
	INCQ R10
	ADDQ $2, BX
	LEAQ 28(R9), R11
	CMPQ BX, R11
	JHI  value
	MOVQ (BX), CX
	CMPW CX, $0x227b // {"
	JEQ  object
	MOVL CX, R11
	ANDL $0xffffff, R11
	CMPL R11, $0x227b5b // [{"
	JEQ  array
	MOVL $const_codeNil, AX
	CMPL CX, $0x6c6c756e // null
	JEQ  literal
	MOVL $const_codeTrue, AX
	CMPL CX, $0x65757274 // true
	JEQ  literal
	MOVL $const_codeFalse, AX
	CMPL CX, $0x736c6166 // fals
	JNE  value
	SHRQ $8, CX
	CMPL CX, $0x65736c61 // alse
	JNE  value
	INCQ BX

literal: // of which AX is the code ends four bytes behind BX
	ADDQ $4, BX
	MOVB AX, (DI)
	INCQ DI
	JMP  after

end: // of a string
	INCQ BX

after: // what is at BX follows a value
	LEAQ 36(R9), R11
	CMPQ BX, R11
	JCC  leaveEnd
	CMPB (BX), $0x7d // }
	JEQ  closing
	LEAQ 32(R9), R11
	CMPQ BX, R11
	JHI  leaveEnd
	MOVL (BX), CX
	LEAQ 1(BX), DX
	CMPW CX, $0x222c // ,"
	JEQ  nextKey
	ANDL $0xffffff, CX
	CMPL CX, $0x22202c // , "
	JNE  leaveEnd
	INCQ DX

nextKey:
	MOVL COLON_QUOTE, R13
	INCQ R10
	JMP  string

closing: // the brace or bracket at BX, behind a value
	INCQ   BX
	INCQ   R10
	SHRQ   $1, R10
	MOVL   R10, CX
	BSWAPL CX
	MOVQ   dst_base+8(FP), R11
	MOVQ   nesting_header(R14), AX
	MOVL   CX, 1(R11)(AX*1)
	MOVQ   nesting_depth(R14), CX
	DECQ   CX
	MOVQ   CX, nesting_depth(R14)
	JEQ    leaveEnd
	CMPQ   CX, $1
	JNE    closed
	MOVQ   nesting_parts(R14), DX
	TESTQ  DX, DX
	JEQ    closed
	MOVQ   Parts_n(DX), R10
	CMPQ   R10, $const_maxParts
	JCC    closed
	INCQ   Parts_n(DX)
	MOVL   AX, Parts_all(DX)(R10*8)
	MOVQ   DI, AX
	SUBQ   R11, AX
	MOVL   AX, (Parts_all+4)(DX)(R10*8)

closed: // CX is the number of containers that are still open
	MOVQ   (nesting_open-8)(R14)(CX*8), AX
	MOVQ   AX, nesting_header(R14)
	MOVL   1(R11)(AX*1), R10
	BSWAPL R10
	LEAQ   1(R10)(R10*1), R10
	CMPB   (R11)(AX*1), $const_codeMap32
	JEQ    after

	// The element of an array is complete.
	LEAQ 32(R9), R11
	CMPQ BX, R11
	JHI  leaveEnd
	MOVL (BX), CX
	CMPB CX, $0x5d // ]
	JEQ  closing
	ANDL $0xffffff, CX
	CMPL CX, $0x227b2c // ,{"
	JNE  leaveEnd
	CMPQ DI, R8
	JHI  leaveEnd
	INCQ R10
	INCQ BX
	JMP  object

leaveEnd:
	MOVQ BX, DX
	MOVB $const_atEnd, at+80(FP)
	JMP  leaving

array: // begins at BX, and its first element is an object
	PUSH($const_codeArray32, value)
	INCQ BX

object: // begins at BX, and a key behind it
	PUSH($const_codeMap32, value)
	LEAQ 1(BX), DX
	MOVL COLON_QUOTE, R13
	JMP  string

undo: // what was written of a string of AX bytes
	SUBQ AX, DI
	DECQ DI
	CMPQ AX, $31
	JLE  leave
	DECQ DI

leave: // before the string at DX
	TESTL $1, R10
	JEQ   leaveKey
	MOVQ  DX, BX

value: // or what else begins at BX
	MOVQ BX, DX
	MOVB $const_atValue, at+80(FP)
	JMP  leaving

leaveKey:
	MOVB $const_atKey, at+80(FP)

leaving:
	SHRQ $1, R10
	MOVQ R10, nesting_count(R14)
	SUBQ dst_base+8(FP), DI
	MOVQ DI, size+64(FP)
	SUBQ text_base+32(FP), DX
	MOVQ DX, end+72(FP)
	RET
