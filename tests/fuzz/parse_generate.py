"""Random scripts of the whole grammar with odd spacing, one a file: seeds for parse_fuzz.

    parse_generate.py SEED FOLDER COUNT

Most parse; those that do not are welcome too.
"""
import random,sys,os
R=random.Random(int(sys.argv[1])); OUT=sys.argv[2]; N=int(sys.argv[3])
ch=R.choice
names=['a','b','foo','pid','uint8','int','size_t','if_','let','for','unroll','args','comptime_','x']
def E(d):
    if d<=0: return ch(['1','0x1f','5ms','"s"','true','x','foo','pid','$x','$y','@','@m','$1','$#','()','2e6'])
    k=R.randrange(34)
    e=lambda:E(d-1-R.randrange(2))
    if k<9: return e()+' '+ch(['+','-','*','/','%','&','|','^','<<','>>','&&','||','==','!=','<','>','<=','>='])+ch([' ',' ',' '])+e()
    if k<10: return e()+'?'+e()+':'+e()
    if k<11: return e()+' ?: '+e()
    if k<14: return ch(['-','!','~','*','&','comptime ','- ','* ','& '])+P(d-1)
    if k<15: return ch(['++','--'])+ch(['$x','@m','@m[1]'])
    if k<16: return ch(['$x','@m','@m[1]'])+ch(['++','--'])
    if k<18: return '('+e()+')'
    if k<20: return '('+T(d-1)+')'+ch(['',' '])+ch([P(d-1),'('+e()+')'])
    if k<21: return P(d-1)+ch(['.','->'])+ch(['a','if','let','struct'])
    if k<22: return P(d-1)+'['+e()+']'
    if k<23: return P(d-1)+'.'+ch('012')
    if k<24: return '('+ch(['',e()+',',e()+','+e(),e()+','+e()+','])+')'
    if k<25: return '(a='+e()+ch(['',', if='+e()])+')'
    if k<27: return ch(['f','uint8','let'])+' ('+', '.join(ch([e(),e(),T(d-1) if R.random()<.3 else e()]) for _ in range(R.randrange(4)))+')'
    if k<28: return ch(['sizeof','typeof','typeinfo'])+'('+ch([e(),T(d-1)])+')'
    if k<29: return 'offsetof('+ch([e(),'struct foo'])+', a.b)'
    if k<31: return B(d-1,True)
    if k<33: return IF(d-1)
    return '@m['+e()+','+e()+']'
def P(d): return E(d) if d<=0 else ch([E(0),'('+E(d)+')',E(0),E(d) if R.random()<.4 else E(0)])
def T(d):
    b=ch(['uint8','int32','foo','struct foo','union u','enum e','size_t','string'] + (['typeof('+E(min(d,1))+')','typeof('+T(d-1)+')'] if d>0 else []))
    return b+''.join(ch(['*',' *','[4]','**']) for _ in range(ch([0,0,1,1,2])))
def IF(d):
    s='if '+ch(['('+E(d)+')','('+E(d)+')',E(0),E(d)])+' '+B(d-1)
    r=R.random()
    if r<.4: s+=ch([' else ','else'])+' '+B(d-1)
    elif r<.6: s+=' else '+IF(d-1)
    return s
def S(d):
    k=R.randrange(20); e=lambda:E(max(0,d-1))
    if k<5: return e()+';'
    if k<8: return ch(['$x','@m','@m[1]','@'])+' '+ch(['=','+=','-=','<<=','%='])+' '+e()+';'
    if k<9: return 'let $v'+ch(['',': '+T(d-1)+' '])+ch(['','= '+e()])+';'
    if k<10: return '_ = '+e()+';'
    if k<13 and d>0: return IF(d-1)+ch(['',';',' '])
    if k<14 and d>0: return B(d-1)+ch(['',';'])
    if k<15 and d>0: return ch(['while','unroll'])+' '+ch(['('+e()+')',E(0)])+B(d-1)
    if k<17 and d>0: return 'for '+ch(['$i : '+E(0)+'..'+E(0)+' ','($i : '+e()+'..'+e()+')','$k : @m ','($k:@m)'])+B(d-1)
    if k<18: return ch(['break;','continue;','return;','return '+e()+';',';','import "x";'])
    return ch(['// c\n','/* d */','\n\n'])
def B(d,v=False):
    s='{'+ch(['',' ','\n'])+''.join(S(d)+ch([' ','\n','']) for _ in range(R.randrange(4)))
    if v or R.random()<.4: s+=E(max(0,d))
    return s+ch([' ',''])+'}'
def D():
    k=R.randrange(12)
    if k<8: return ch(['begin','kprobe:f, kprobe:g','uprobe:/bin/sh:"a b"','interval:s:1'])+ch([' ','\n',' // c\n'])+ch(['','/'+ch(['',' '])+E(2)+' /'+ch(['',' ','/*c*/']) ])+B(4)
    if k<9: return 'macro m('+ch(['','$a, @b, c'])+') '+B(4)
    if k<10: return 'fn f($a : '+T(2)+') : '+T(2)+' '+B(3)
    if k<11: return ch(['let @a = hash(5);','import "q";','config = { a=1; b="c d" }','struct foo { int a; };\n','#define A 1\n'])
    return '// x\n'
for i in range(N):
    open(os.path.join(OUT,'g%05d'%i),'w').write(ch([' ','\n']).join(D() for _ in range(R.randrange(1,4))))
